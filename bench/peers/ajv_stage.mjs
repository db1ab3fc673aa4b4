// What the same events cost in the usual way: JSON.parse and a validator compiled by ajv, on one thread.
//
//   node ajv_stage.mjs FILE     FILE as `bench_stages --events` writes it; NODE_PATH names where ajv is
//
// Prints one line of JSON: nanoseconds per event, the median of several rounds.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { default: Ajv } = require("ajv/dist/2020");
const { default: addFormats } = require("ajv-formats");

const { schemas, events } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const bodies = events.map((event) => Buffer.from(event, "utf8"));
const ajv = addFormats(new Ajv({ allErrors: false }));
const validators = new Map(Object.entries(schemas).map(([kind, schema]) => [kind, ajv.compile(schema)]));

const roundsMeasured = 15;
const passesPerRound = 200;

function parse(body) {
  return JSON.parse(body.toString("utf8"));
}

function validate(event) {
  if (!validators.get(event.kind)(event.payload)) throw new Error(`${event.kind} is refused`);
  return event;
}

let kept; // so that nothing is optimised away
function time(what) {
  const begin = process.hrtime.bigint();
  for (let pass = 0; pass < passesPerRound; ++pass) {
    for (const body of bodies) kept = what(body);
  }
  return Number(process.hrtime.bigint() - begin) / (passesPerRound * bodies.length);
}

const parsed = bodies.map(parse);
let next = 0;
const stages = {
  parse,
  schema: () => validate(parsed[next++ % parsed.length]),
  parse_and_schema: (body) => validate(parse(body)),
};
const spent = { parse: [], schema: [], parse_and_schema: [] };
for (let round = 0; round <= roundsMeasured; ++round) {
  for (const [name, what] of Object.entries(stages)) {
    const nanoseconds = time(what);
    if (round > 0) spent[name].push(nanoseconds); // the first round warms up
  }
}
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const result = {
  ...Object.fromEntries(Object.entries(spent).map(([name, values]) => [name, median(values)])),
  node: process.version,
  ajv: require("ajv/package.json").version,
};
if (kept === undefined) throw new Error("nothing was measured");
console.log(JSON.stringify(result));

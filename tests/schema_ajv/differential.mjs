// Holds our validator against ajv: the same schemas and documents, judged by both.
//
//   node differential.mjs FAMILY --program PATH [--pairs N] [--seed S]
//
// Every disagreement is printed with the seed, made smaller; exit status 1 when there is one. The last line is a summary
// in JSON.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { brokenPattern, pattern, sets } from "./patterns.mjs";
import { Random } from "./random.mjs";
import { Maker, isWellFormed } from "./schemas.mjs";

const require = createRequire(import.meta.url);  // finds ajv by NODE_PATH
const { default: Ajv2020 } = require("ajv/dist/2020");
const { default: Ajv7 } = require("ajv");
const { default: addFormats } = require("ajv-formats");
const { changedText, formats } = await import("./strings.mjs");

const documentsPerSchema = 8;
const shownDisagreements = 5;
const few = (kinds) => ({ numbers: 0, strings: 0, formats: 0, patterns: 0, arrays: 0, objects: 0, values: 0, types: 0, booleans: 0,
  combinators: 0, references: 0, ...kinds });

// What a family of schemas is made of; the rest of Maker's defaults where nothing is said.
const families = {
  numbers: { weights: few({ numbers: 8, values: 1, combinators: 1 }), depth: 2 },
  multiples: { weights: few({ numbers: 8, arrays: 1, combinators: 1 }), depth: 2, multiples: true },
  strings: { weights: few({ strings: 8, values: 2, types: 1, combinators: 1 }), depth: 2 },
  formats: { weights: few({ formats: 8, objects: 1, arrays: 1 }), depth: 2 },
  patterns: { weights: few({ patterns: 8, objects: 1 }), depth: 2 },
  arrays: { weights: { arrays: 12, references: 0 }, depth: 3 },
  objects: { weights: { objects: 12, references: 0 }, depth: 3 },
  combinators: { weights: { combinators: 12 }, depth: 4 },
  references: { weights: { references: 8, objects: 6 }, depth: 4 },
  everything: { depth: 4, multiples: "sometimes" },
  draft7: { draft7: true, depth: 4 },
};

const { values: options, positionals: [family] } = parseArgs({
  allowPositionals: true,
  options: { program: { type: "string" }, pairs: { type: "string", default: "1000" }, seed: { type: "string", default: "1" } },
});
const wanted = Number(options.pairs);
const seed = Number(options.seed);

// -- the two judges ---

/**
 * ownProperties: a member "isPrototypeOf" is there only when the document has it. allErrors: so that no
 * keyword is skipped because of an earlier one.
 */
function newAjv(draft7) {
  const settings = { strict: false, ownProperties: true, allErrors: true, validateSchema: false, logger: false };
  const ajv = draft7 ? new Ajv7(settings) : new Ajv2020(settings);
  addFormats(ajv, formats);
  return ajv;
}
let ajv = newAjv(family === "draft7");
let uses = 0;

/**
 * Verdicts like ours, or why the schema is refused. "?" where ajv's own code fails: it keeps book of evaluated members,
 * and stumbles over its book now and then ("Cannot set properties of undefined", "props2 is not defined").
 */
function verdictsOfAjv(schema, documents) {
  if (++uses % 500 === 0) ajv = newAjv(family === "draft7");  // it keeps what it has compiled
  try {
    const validate = ajv.compile(schema);
    const verdict = (document) => {
      try {
        return validate(document) ? "1" : "0";
      } catch (error) {
        return error instanceof TypeError || error instanceof ReferenceError ? "?" : String(error);
      }
    };
    return { verdicts: documents.map(verdict).join("") };
  } catch (error) {
    return { refused: error.message };
  } finally {
    ajv.removeSchema(schema);  // so that a smaller one may have the same $id
  }
}

class Ours {
  constructor(program) {
    this.process = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
    this.waiting = [];
    this.ended = new Promise((resolve) => this.process.on("exit", (code, signal) => resolve(signal ?? code)));
    createInterface({ input: this.process.stdout }).on("line", (line) => this.waiting.shift()(JSON.parse(line)));
    this.ended.then((status) => this.waiting.forEach((resolve) => resolve({ refused: `the program ended: ${status}` })));
  }

  ask(question) {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.process.stdin.write(`${JSON.stringify(question)}\n`);
    });
  }

  judge(schema, documents) {
    return this.ask({ schema: JSON.stringify(schema), documents: documents.map((d) => JSON.stringify(d)) });
  }

  async close() {
    this.process.stdin.end();
    return this.ended;
  }
}

// -- disagreements ---

let disagreements = 0;
function report(title, facts) {
  if (++disagreements > shownDisagreements) return;
  console.log(`\n${title} (family ${family}, seed ${seed})`);
  for (const [name, value] of Object.entries(facts)) console.log(`  ${name.padEnd(10)} ${typeof value === "string" ? value : JSON.stringify(value)}`);
}

const differs = (ours, theirs) => ours !== theirs && theirs !== "?";
const agree = (ours, theirs) => ours.verdicts !== undefined && theirs.verdicts !== undefined &&
  [...ours.verdicts].every((verdict, i) => !differs(verdict, theirs.verdicts[i]));

/** Every value with one part left out, or a part in the place of the whole. */
function* smaller(value) {
  if (!value || typeof value !== "object") return;
  for (const key of Object.keys(value)) {
    yield value[key];
    if (Array.isArray(value)) yield value.filter((_, i) => String(i) !== key);
    else yield Object.fromEntries(Object.entries(value).filter(([k]) => k !== key));
    for (const part of smaller(value[key])) {
      if (Array.isArray(value)) yield value.map((v, i) => (String(i) === key ? part : v));
      else yield { ...value, [key]: part };
    }
  }
}

/** As long as a smaller schema or document is still judged differently, takes that one. */
async function shrunk(ours, schema, document) {
  const disagreed = async (s, d) => {
    const theirs = verdictsOfAjv(s, [d]);
    const answer = await ours.judge(s, [d]);
    return theirs.verdicts !== undefined && answer.verdicts !== undefined && !agree(answer, theirs);
  };
  for (let tries = 500, found = true; found && tries > 0;) {
    found = false;
    for (const s of smaller(schema)) {
      if (--tries <= 0) break;
      if ((typeof s === "object" && !Array.isArray(s) && s !== null) && await disagreed(s, document)) {
        [schema, found] = [s, true];
        break;
      }
    }
    for (const d of smaller(document)) {
      if (--tries <= 0) break;
      if (await disagreed(schema, d)) {
        [document, found] = [d, true];
        break;
      }
    }
  }
  return [schema, document];
}

// -- families of schemas ---

function* schemasAndDocuments() {
  for (let number = 0, made = 0; made < wanted; ++number) {
    const random = new Random(seed * 1_000_003 + number);
    const settings = families[family];
    const maker = new Maker(random, settings);
    maker.multiples = settings.multiples === true || (settings.multiples === "sometimes" && random.chance(0.3));
    const schema = maker.schema(number);
    if (JSON.stringify(schema).includes("\\u0000")) continue;  // we refuse what PostgreSQL could not store
    const documents = [];
    for (let tries = 4 * documentsPerSchema; documents.length < Math.min(documentsPerSchema, wanted - made) && tries > 0; --tries) {
      let document = random.chance(0.9) ? maker.instance(schema, schema) : maker.value(2);
      if (random.chance(0.4)) document = maker.changed(document);
      if (maker.comparable(schema, document)) documents.push(document);
    }
    made += documents.length;
    if (documents.length) yield { number, schema, documents };
  }
}

const counts = { pairs: 0, valid: 0, skipped: 0, schemas: 0 };

async function compareSchema(ours, { number, schema, documents }) {
  // As both read it: ajv must not see what JSON does not carry.
  const read = JSON.parse(JSON.stringify(schema));
  const values = documents.map((d) => JSON.parse(JSON.stringify(d)));
  const theirs = verdictsOfAjv(read, values);
  const answer = await ours.judge(schema, documents);
  counts.schemas += 1;
  counts.pairs += documents.length;
  counts.valid += [...(theirs.verdicts ?? "")].filter((v) => v === "1").length;
  counts.skipped += [...(theirs.verdicts ?? "")].filter((v) => v === "?").length;
  if (agree(answer, theirs)) return;
  if (answer.verdicts === undefined || theirs.verdicts === undefined) {
    report("one of the two refuses the schema", { number, schema, ours: answer, ajv: theirs });
    return;
  }
  const at = [...answer.verdicts].findIndex((v, i) => differs(v, theirs.verdicts[i]));
  const facts = { number, ours: answer.verdicts[at], ajv: theirs.verdicts[at] };
  const [smallSchema, smallDocument] = disagreements < shownDisagreements ? await shrunk(ours, read, values[at]) : [read, values[at]];
  report("the two disagree", { ...facts, schema: smallSchema, document: smallDocument });
}

// -- patterns alone ---

// Our reasons to refuse what ECMAScript allows: RE2 cannot do it, or it costs too much.
const ownReasons = /refused|not supported|too large|name of a group/;

/** Patterns with a few strokes changed: both compile them, or neither. */
async function compareSyntax(ours) {
  for (; counts.pairs < wanted; ++counts.pairs) {
    const random = new Random(seed * 1_000_003 + counts.pairs);
    const source = brokenPattern(random);
    if (source.includes("\0")) continue;
    let expression;
    try {
      expression = new RegExp(source, "u");
    } catch (error) {
      expression = error;
    }
    const texts = random.list(4, 4, () => changedText(random, pattern(random).text()).slice(0, 16)).filter(isWellFormed);
    const answer = await ours.judge({ pattern: source }, texts);
    if (expression instanceof Error) {
      if (answer.refused === undefined) report("ECMAScript refuses the pattern", { source, ajv: expression.message, ours: answer });
    } else if (answer.refused !== undefined) {
      if (!ownReasons.test(answer.refused)) report("only we refuse the pattern", { source, ours: answer.refused });
    } else {
      counts.valid += 1;
      const theirs = texts.map((t) => (expression.test(t) ? "1" : "0")).join("");
      if (theirs !== answer.verdicts) report("the pattern matches other texts", { source, texts, ours: answer.verdicts, ajv: theirs });
    }
    counts.schemas += 1;
  }
}

/** Sets of characters, held against every character there is. */
async function compareSets(ours) {
  const random = new Random(seed);
  const known = await knownCharacters(ours);
  for (const source of sets(random, wanted)) {
    const answer = await ours.ask({ pattern: source });
    counts.pairs += 1;
    if (answer.refused !== undefined) {
      report("only we refuse the set", { source, ours: answer.refused });
      continue;
    }
    const isMember = new Uint8Array(0x110000);
    for (const [low, high] of answer.members) isMember.fill(1, low, high + 1);
    const one = new RegExp(source, "u");
    const strangers = known.filter((c) => isMember[c] !== Number(one.test(String.fromCodePoint(c))));
    if (strangers.length) {
      const [c] = strangers;
      report("the set has other members", { source, character: `U+${c.toString(16)}`, ours: isMember[c] === 1, others: strangers.length - 1 });
    }
    counts.valid += answer.members.length > 0;
  }
}

// LATIN LETTER PHARYNGEAL VOICED FRICATIVE was a lower case letter until Unicode 15.1.
const recategorised = new Set([0x295]);

/** All but surrogates, and but those younger than RE2's tables (Unicode 14): assigned for JavaScript, not for us. */
async function knownCharacters(ours) {
  const { members } = await ours.ask({ pattern: "\\p{C}" });
  const out = [];
  let at = 0;
  for (let c = 0; c < 0x110000; ++c) {
    while (at < members.length && members[at][1] < c) ++at;
    const other = at < members.length && members[at][0] <= c;
    const isSurrogate = c >= 0xd800 && c <= 0xdfff;
    const isYounger = other && /\P{C}/u.test(String.fromCodePoint(c));
    if (!isSurrogate && !isYounger && !recategorised.has(c)) out.push(c);
  }
  // Unicode 15 and 15.1 have 5,116 more, 16 has 5,185 more.
  const younger = 0x110000 - 0x800 - out.length;
  if (younger > 12000) report("too many characters are unknown to us", { younger });
  return out;
}

// -- all of it ---

const ours = new Ours(options.program);
if (family === "syntax") await compareSyntax(ours);
else if (family === "sets") await compareSets(ours);
else for (const task of schemasAndDocuments()) await compareSchema(ours, task);
if (counts.skipped > 1 + counts.pairs / 100) report("ajv fails too often to be a judge", { skipped: counts.skipped });
const status = await ours.close();
if (status !== 0) report("our program ended badly", { status: String(status) });
if (disagreements > shownDisagreements) console.log(`\n... and ${disagreements - shownDisagreements} more`);
console.log(JSON.stringify({ family, seed, ...counts, disagreements }));
process.exit(disagreements ? 1 : 0);

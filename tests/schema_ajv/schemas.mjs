// Schemas that use every supported keyword, and documents of which about half are valid.

import { alphabet, pattern } from "./patterns.mjs";
import { changedText, comparable, formats, textOf } from "./strings.mjs";

// Not "toString", "valueOf" and "constructor", which fast-deep-equal calls on the document's own objects.
const names = ["a", "b", "id", "name", "x-1", "", "\u00e9", "a/b", "c~d", "isPrototypeOf", "status", "\u{1f432}"];
// ajv 8 overlooks, below "not" and "if", a missing member that is named "".
const requirable = names.filter((name) => name !== "");
const types = ["null", "boolean", "integer", "number", "string", "array", "object"];
const plainNumbers = [-10, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.25, 3, 5, 7, 10, 21, 100, 1024];
// Nothing beyond 2^53 that is not a power of ten: there JavaScript rounds integers, and we don't.
const farNumbers = [...plainNumbers, 9007199254740991, -9007199254740991, 4294967296, 1e21, 1e300, -1e300, 1e-7, 0.1, 19.99];

/** What one schema may use and how its parts are named. */
export class Maker {
  constructor(random, { draft7 = false, weights = {}, depth = 3 } = {}) {
    this.random = random;
    this.draft7 = draft7;
    this.depth = depth;
    this.weights = { numbers: 2, strings: 2, formats: 2, patterns: 2, arrays: 3, objects: 4, values: 2, types: 2, booleans: 1,
      combinators: 3, references: 2, ...weights };
    this.samples = new Map();  // pattern -> texts that it mostly matches
    this.definitions = [];
    this.multiples = false;
  }

  // -- schemas ---

  /** The whole schema. */
  schema(number) {
    const { random } = this;
    const uses = this.weights.references > 0 && random.chance(0.7);
    this.definitions = uses ? random.list(1, 3, () => ({})).map((_, i) => `d${i}`) : [];
    // The root may refer to every definition in place, a definition to those behind it: nothing goes round in place.
    const root = this.part(this.depth, 0);
    const whole = typeof root === "boolean" ? { allOf: [root] } : root;
    const body = this.definitions.map((name, i) => [name, this.definition(i)]);
    if (body.length) whole[this.draft7 ? "definitions" : random.pick(["$defs", "$defs", "definitions"])] = Object.fromEntries(body);
    this.definitionsAt = body.length ? Object.keys(whole).find((key) => key === "$defs" || key === "definitions") : undefined;
    if (this.draft7) whole.$schema = "http://json-schema.org/draft-07/schema#";
    else if (random.chance(0.3)) whole.$schema = "https://json-schema.org/draft/2020-12/schema";
    if (random.chance(0.2)) whole.$id = `https://example.org/${number}`;
    return this.resolved(whole);
  }

  definition(i) {
    const made = this.part(this.depth - 1, i + 1);
    if (typeof made !== "boolean" && !this.draft7 && this.random.chance(0.5)) made.$anchor = `a${i}`;
    return made;
  }

  /** Puts in the references, which were numbers, once it is known where everything is. */
  resolved(whole) {
    const { random } = this;
    const anchors = this.definitions.map((name) => whole[this.definitionsAt][name].$anchor);
    const visit = (node) => {
      if (Array.isArray(node)) node.forEach(visit);
      else if (node && typeof node === "object") {
        if (typeof node.$ref === "number") {
          const to = node.$ref;
          if (to < 0) node.$ref = "#";
          else node.$ref = anchors[to] && random.chance(0.5) ? `#${anchors[to]}` : `#/${this.definitionsAt}/${this.definitions[to]}`;
        }
        for (const [key, value] of Object.entries(node)) if (!["const", "enum", "default", "examples"].includes(key)) visit(value);
      }
    };
    visit(whole);
    return whole;
  }

  /** A schema for the value of the schema it stands in: may refer, in place, to definitions from `first` on. */
  part(depth, first) {
    const { random, weights } = this;
    if (random.chance(0.04 * weights.booleans)) return random.chance(0.6);
    let made = {};
    const kinds = ["numbers", "strings", "formats", "patterns", "values", "types"];
    if (depth > 0) kinds.push("arrays", "objects", "combinators");
    if (this.definitions.length) kinds.push("references");
    const choices = kinds.map((kind) => [weights[kind], kind]);
    for (let i = random.weighted([[6, 1], [3, 2], [1, 3]]); i > 0; --i) this[random.weighted(choices)](made, depth, first);
    if (random.chance(0.05)) this.annotations(made);
    if (this.draft7 && "$ref" in made && Object.keys(made).length > 1) {  // draft 7 ignores what stands beside it, and we refuse it
      const { $ref, ...rest } = made;
      made = { allOf: [{ $ref }, rest] };
    }
    return made;
  }

  /** For another value: may refer to everything. */
  inner(depth) {
    return this.part(depth - 1, -1);
  }

  annotations(made) {
    const { random } = this;
    Object.assign(made, random.pick([
      { title: "t" }, { description: "d" }, { $comment: "c" }, { default: this.value(1) }, { examples: [this.value(1)] },
      { deprecated: true }, { readOnly: true }, { writeOnly: false },
    ]));
  }

  types(made) {
    made.type = this.random.chance(0.7) ? this.random.pick(types) : this.random.some(types, this.random.integer(1, 3));
  }

  values(made) {
    if (this.random.chance(0.4)) {
      made.const = this.value(2);
      return;
    }
    const different = new Map();
    for (const value of this.random.list(1, 5, () => this.value(2))) different.set(JSON.stringify(value), value);
    made.enum = [...different.values()];
  }

  number() {
    const { random } = this;
    if (this.multiples || this.weights.far === 0) return random.chance(0.5) ? random.pick(plainNumbers) : random.integer(-50, 50) / random.pick([1, 1, 2, 4, 8]);
    return random.chance(0.7) ? random.pick(farNumbers) : random.integer(-1000, 1000) / random.pick([1, 2, 3, 10]);
  }

  numbers(made) {
    const { random } = this;
    if (random.chance(0.5)) made.type ??= random.pick(["integer", "number"]);
    for (const keyword of random.some(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], random.integer(0, 2))) {
      made[keyword] = this.number();
    }
    // ajv divides doubles, we divide decimals: they agree where the quotient is exact.
    if (this.multiples && random.chance(0.5)) made.multipleOf = random.pick([1, 2, 3, 7, 10, 0.5, 0.25, 0.125, 1.5, 2.5, 6]);
  }

  bounds(made, least, most, limit) {
    const { random } = this;
    const low = random.integer(0, limit);
    if (random.chance(0.6)) made[least] = low;
    if (random.chance(0.6)) made[most] = random.chance(0.9) ? low + random.integer(0, limit) : random.integer(0, limit);
  }

  strings(made) {
    if (this.random.chance(0.5)) made.type ??= "string";
    this.bounds(made, "minLength", "maxLength", 4);
  }

  formats(made) {
    if (this.random.chance(0.7)) made.type ??= "string";
    made.format = this.random.pick(formats);
  }

  newPattern() {
    const { source, text } = pattern(this.random);
    this.samples.set(source, text);
    return source;
  }

  patterns(made) {
    if (this.random.chance(0.7)) made.type ??= "string";
    made.pattern = this.newPattern();
  }

  arrays(made, depth) {
    const { random } = this;
    if (random.chance(0.6)) made.type ??= "array";
    if (random.chance(0.4)) this.bounds(made, "minItems", "maxItems", 3);
    if (random.chance(0.3)) made.uniqueItems = random.chance(0.9);
    const prefix = random.chance(0.35) ? random.list(1, 3, () => this.inner(depth)) : undefined;
    const rest = random.chance(0.5) ? this.inner(depth) : undefined;
    if (prefix) made[this.draft7 ? "items" : "prefixItems"] = prefix;
    if (rest !== undefined) made[this.draft7 && prefix ? "additionalItems" : "items"] = rest;
    // ajv 8 takes the type of the rest for that of all items.
    if (prefix && rest?.type) delete made.uniqueItems;
    if (random.chance(0.3)) {
      made.contains = this.inner(depth);
      if (!this.draft7) this.bounds(made, "minContains", "maxContains", 2);
    }
  }

  objects(made, depth) {
    const { random } = this;
    if (random.chance(0.6)) made.type ??= "object";
    const used = random.some(names, random.integer(0, 4));
    if (random.chance(0.8) && used.length) made.properties = Object.fromEntries(used.map((name) => [name, this.inner(depth)]));
    if (random.chance(0.5)) made.required = random.some(used.length && random.chance(0.8) ? used.filter((name) => name) : requirable, random.integer(0, 3));
    if (random.chance(0.2)) this.bounds(made, "minProperties", "maxProperties", 3);
    if (random.chance(0.2)) made.patternProperties = Object.fromEntries(random.list(1, 2, () => [this.newPattern(), this.inner(depth)]));
    if (random.chance(0.3)) made.additionalProperties = random.chance(0.5) ? false : this.inner(depth);
    if (random.chance(0.15)) made.propertyNames = this.inner(1);
    const needs = () => Object.fromEntries(random.some(names, random.integer(1, 2)).map((name) => [name, random.some(requirable, random.integer(0, 2))]));
    const schemas = () => Object.fromEntries(random.some(names, random.integer(1, 2)).map((name) => [name, this.part(depth - 1, Infinity)]));
    if (random.chance(0.15)) made[this.draft7 ? "dependencies" : random.pick(["dependentRequired", "dependentRequired", "dependencies"])] = needs();
    if (random.chance(0.15)) {
      const keyword = this.draft7 ? "dependencies" : random.pick(["dependentSchemas", "dependentSchemas", "dependencies"]);
      made[keyword] = { ...made[keyword], ...schemas() };
    }
  }

  combinators(made, depth, first) {
    const { random } = this;
    const branch = () => this.part(depth - 1, first);
    random.pick([
      () => { made.allOf = random.list(1, 3, branch); },
      () => { made.anyOf = random.list(1, 3, branch); },
      () => { made.oneOf = random.list(1, 3, branch); },
      () => { made.not = branch(); },
      () => {
        if (random.chance(0.95)) made.if = branch();
        if (random.chance(0.8)) made.then = branch();
        if (random.chance(0.7)) made.else = branch();
      },
    ])();
  }

  references(made, depth, first) {
    const { random } = this;
    if (first < 0 && random.chance(0.3)) made.$ref = -1;
    else if (Math.max(first, 0) < this.definitions.length) made.$ref = random.integer(Math.max(first, 0), this.definitions.length - 1);
  }

  // -- documents ---

  text() {
    const { random } = this;
    return random.weighted([
      [4, () => random.list(0, 6, () => random.pick(alphabet)).join("")],
      [3, () => random.pick(names)],
      [2, () => textOf(random, random.pick(formats))],
      [this.samples.size ? 3 : 0, () => random.pick([...this.samples.values()])()],
    ])();
  }

  value(depth) {
    const { random } = this;
    return random.weighted([
      [1, () => null],
      [1, () => random.chance(0.5)],
      [3, () => this.number()],
      [3, () => this.text()],
      [depth > 0 ? 2 : 0, () => random.list(0, 3, () => this.value(depth - 1))],
      [depth > 0 ? 2 : 0, () => Object.fromEntries(random.some(names, random.integer(0, 3)).map((name) => [name, this.value(depth - 1)]))],
    ])();
  }

  /** A value that the schema mostly allows. */
  instance(schema, root, depth = 6) {
    const { random } = this;
    if (depth <= 0 || typeof schema === "boolean") return this.value(1);
    const deeper = (s) => this.instance(s, root, depth - 1);
    const branches = [schema.allOf, schema.anyOf, schema.oneOf, schema.then && [schema.then], schema.else && [schema.else]].flatMap((list) => list ?? []);
    if (schema.$ref !== undefined) branches.push(this.target(schema.$ref, root));
    const own = ["const", "enum", "type", "properties", "required", "items", "prefixItems", "pattern", "format"].some((k) => k in schema);
    const objects = branches.map((b) => (typeof b === "object" ? b : {}));
    // Of several schemas for one value, all at once where that is easy.
    if (branches.length && random.chance(own ? 0.3 : 0.8)) {
      const chosen = random.pick(objects);
      return deeper(random.chance(0.5) ? { ...chosen, ...schema, $ref: chosen.$ref, allOf: chosen.allOf, anyOf: chosen.anyOf, oneOf: chosen.oneOf, then: undefined, else: undefined } : chosen);
    }
    if ("const" in schema) return structuredClone(schema.const);
    if (schema.enum) return structuredClone(random.pick(schema.enum));
    switch (this.kindFor(schema)) {
      case "null": return null;
      case "boolean": return random.chance(0.5);
      case "integer": return Math.round(this.numberFor(schema));
      case "number": return this.numberFor(schema);
      case "string": return this.textFor(schema);
      case "array": return this.arrayFor(schema, deeper);
      case "object": return this.objectFor(schema, deeper);
    }
    return this.value(1);
  }

  target($ref, root) {
    if ($ref === "#") return root;
    const definitions = root.$defs ?? root.definitions ?? {};
    return Object.entries(definitions).find(([name, d]) => $ref.endsWith(`/${name}`) || $ref === `#${d.$anchor}`)?.[1] ?? true;
  }

  kindFor(schema) {
    const { random } = this;
    if (schema.type) return Array.isArray(schema.type) ? random.pick(schema.type) : schema.type;
    const has = (...keywords) => keywords.some((k) => schema[k] !== undefined);
    const kinds = [];
    if (has("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")) kinds.push("number");
    if (has("minLength", "maxLength", "pattern", "format")) kinds.push("string");
    if (has("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems")) kinds.push("array");
    if (has("properties", "required", "patternProperties", "additionalProperties", "propertyNames", "minProperties", "maxProperties",
      "dependentRequired", "dependentSchemas", "dependencies")) kinds.push("object");
    return kinds.length ? random.pick(kinds) : undefined;
  }

  numberFor(schema) {
    const { random } = this;
    const bounds = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"].filter((k) => k in schema).map((k) => schema[k]);
    if (schema.multipleOf && random.chance(0.7)) return schema.multipleOf * random.integer(-20, 20);
    if (!bounds.length) return this.number();
    return random.pick(bounds) + random.pick([-1, -0.5, 0, 0, 0.5, 1]);
  }

  textFor(schema) {
    const { random } = this;
    if (schema.pattern !== undefined && this.samples.has(schema.pattern)) return this.samples.get(schema.pattern)();
    if (schema.format) return textOf(random, schema.format);
    const low = schema.minLength ?? 0;
    const length = random.integer(low, Math.max(low, schema.maxLength ?? low + 3));
    return random.list(length, length, () => random.pick(alphabet)).join("");
  }

  arrayFor(schema, deeper) {
    const { random } = this;
    const prefix = schema.prefixItems ?? (Array.isArray(schema.items) ? schema.items : []);
    const rest = schema.additionalItems ?? (Array.isArray(schema.items) ? true : schema.items ?? true);
    const low = schema.minItems ?? 0;
    const length = random.integer(low, Math.max(low, Math.min(schema.maxItems ?? 4, 5)));
    const out = Array.from({ length }, (_, i) => deeper(prefix[i] ?? rest));
    if (schema.contains !== undefined && schema.minContains !== 0) {
      for (let i = random.integer(0, 2); i > 0; --i) {
        if (out.length && random.chance(0.5)) out[random.integer(0, out.length - 1)] = deeper(schema.contains);
        else out.push(deeper(schema.contains));
      }
    }
    return schema.uniqueItems && random.chance(0.6) ? [...new Map(out.map((v) => [JSON.stringify(v), v])).values()] : out;
  }

  objectFor(schema, deeper) {
    const { random } = this;
    const out = {};
    for (const [name, part] of Object.entries(schema.properties ?? {})) if (random.chance(0.6)) out[name] = deeper(part);
    for (const name of schema.required ?? []) if (!Object.hasOwn(out, name) && random.chance(0.95)) out[name] = deeper(schema.properties?.[name] ?? true);
    for (const [source, part] of Object.entries(schema.patternProperties ?? {})) {
      if (random.chance(0.5)) out[this.samples.get(source)?.() ?? "p"] = deeper(part);
    }
    const extra = schema.additionalProperties;
    if (extra !== false || random.chance(0.1)) {
      while (Object.keys(out).length < (schema.minProperties ?? 0) || random.chance(0.2)) {
        const wanted = schema.propertyNames === undefined ? undefined : this.instance(schema.propertyNames, {}, 2);
        const name = typeof wanted === "string" ? wanted : this.text();
        if (name === "__proto__" || Object.hasOwn(out, name)) break;
        out[name] = deeper(extra ?? true);
      }
    }
    for (const [name, needed] of Object.entries({ ...schema.dependentRequired, ...schema.dependencies })) {
      if (Object.hasOwn(out, name) && Array.isArray(needed)) for (const n of needed) if (!Object.hasOwn(out, n) && random.chance(0.7)) out[n] = deeper(schema.properties?.[n] ?? true);
    }
    return out;
  }

  /** The document with one or two things changed. */
  changed(document) {
    const holder = { document: structuredClone(document) };
    for (let i = this.random.integer(1, 2); i > 0; --i) this.change(holder);
    return holder.document;
  }

  change(holder) {
    const { random } = this;
    const places = [];
    const visit = (parent, key) => {
      places.push([parent, key]);
      const value = parent[key];
      if (value && typeof value === "object") for (const k of Object.keys(value)) visit(value, k);
    };
    visit(holder, "document");
    const [parent, key] = random.pick(places);
    const value = parent[key];
    if (random.chance(0.2)) parent[key] = this.value(1);
    else if (typeof value === "number") parent[key] = random.pick([value + 1, value - 1, value + 0.5, value / 2, -value, String(value), 0]);
    else if (typeof value === "string") parent[key] = changedText(random, value);
    else if (typeof value === "boolean") parent[key] = random.pick([!value, value ? 1 : 0, null]);
    else if (value === null) parent[key] = random.pick([false, 0, "", [], {}]);
    else if (Array.isArray(value)) {
      random.pick([
        () => value.push(this.value(1)),
        () => value.splice(random.integer(0, value.length), 1),
        () => value.length && value.push(structuredClone(random.pick(value))),
        () => value.reverse(),
      ])();
    } else {
      const keys = Object.keys(value);
      random.pick([
        () => { value[random.chance(0.7) ? random.pick(names) : this.text()] = this.value(1); },
        () => { if (keys.length) delete value[random.pick(keys)]; },
        () => {
          if (!keys.length) return;
          const from = random.pick(keys);
          const to = changedText(random, from);
          if (to !== "__proto__") value[to] = value[from];
          delete value[from];
        },
      ])();
    }
  }

  /** Whether both judges mean the same by every keyword that this document meets. */
  comparable(schema, document) {
    const used = new Set();
    let multiples = false;
    let emptyIsTrouble = false;
    const look = (node) => {
      if (!node || typeof node !== "object") return;
      if (typeof node.format === "string") used.add(node.format);
      multiples ||= typeof node.multipleOf === "number";
      // ajv 8 takes, in a loop over several arrays, what the last one contains for what an empty one does, and skips for
      // an empty array what stands beside "prefixItems" below "not" and "if".
      emptyIsTrouble ||= "contains" in node && (node.minContains ?? 1) === 1 && node.maxContains === undefined;
      emptyIsTrouble ||= "prefixItems" in node || Array.isArray(node.items);
      Object.values(node).forEach(look);
    };
    look(schema);
    const fits = (value) => {
      // JavaScript's engine needs time by a power of the length.
      if (typeof value === "string" && this.samples.size && value.length > 40) return false;
      if (typeof value === "string") return [...used].every((format) => !formats.includes(format) || comparable(format, value)) && isWellFormed(value);
      if (typeof value === "number") return multiples ? Number.isInteger(value * 64) && Math.abs(value) < 1e9 : writtenExactly(value);
      if (emptyIsTrouble && Array.isArray(value) && value.length === 0) return false;
      if (value && typeof value === "object") return Object.entries(value).every(([k, v]) => (Array.isArray(value) || fits(k)) && fits(v));
      return true;
    };
    return fits(document);
  }
}

/** Documents come as UTF-8, which has no half of a surrogate pair. */
export const isWellFormed = (text) => !/\p{Surrogate}/u.test(text);

/** JavaScript writes integers between 2^53 and 1e21 by the shortest digits that it reads back, not by their value. */
const writtenExactly = (n) => Number.isSafeInteger(n) || !Number.isInteger(n) || Math.abs(n) >= 1e21;

// ECMAScript patterns (flag u) from a grammar, and texts that match them, mostly.

// What tells sets of characters apart: ASCII of all kinds, spaces that are and are not, other scripts, marks,
// characters above U+FFFF, one that is unassigned.
export const alphabet = [
  ..."abcxyzABCZ019_-", ..." .,:;!?/\\\"'#@$%&*+()[]{}|^~=<>`", "\t", "\n", "\r", "\v", "\0", "\x1f", "\x7f", "\u0085",
  "\u00a0", "\u00e9", "\u00c9", "\u00df", "\u0301", "\u0378", "\u03b1", "\u0416", "\u0664", "\u180e", "\u2003", "\u200b",
  "\u2028", "\u2029", "\u20ac", "\u4e2d", "\ue000", "\ufeff", "\uffff", "\u{1f432}", "\u{1d400}", "\u{10ffff}",
];

const properties = [
  "L", "Lu", "Ll", "Letter", "Uppercase_Letter", "LC", "N", "Nd", "gc=Nd", "P", "Punctuation", "S", "Sc", "Z", "Zs", "M", "C",
  "Cc", "Co", "General_Category=Other", "Script=Greek", "sc=Cyrl", "Script=Han", "sc=Latin", "Script=Common", "Any", "ASCII",
];
// Beside others in a negated class RE2 can't be told these.
const alone = new Set(["\\p{C}", "\\p{General_Category=Other}", "\\P{LC}", "\\P{Any}"]);
const syntax = new Set("^$\\.*+?()[]{}|/");
const named = { "\t": "\\t", "\n": "\\n", "\r": "\\r", "\v": "\\v" };

const hex = (n, width) => n.toString(16).padStart(width, "0");

/** One way of writing a character. */
function written(random, c, inClass) {
  const point = c.codePointAt(0);
  const forms = [`\\u{${hex(point, random.integer(1, 6))}}`];
  if (point < 0x100) forms.push(`\\x${hex(point, 2)}`);
  if (point < 0x10000) forms.push(`\\u${hex(point, 4)}`);
  else forms.push([...Array(c.length).keys()].map((i) => `\\u${hex(c.charCodeAt(i), 4)}`).join(""));
  if (c in named) forms.push(named[c]);
  if (point > 0 && point < 27) forms.push(`\\c${String.fromCharCode(random.pick([64, 96]) + point)}`);
  if (syntax.has(c)) forms.push(`\\${c}`);
  const special = inClass ? "\\]^-" : "^$\\.*+?()[]{}|";
  // A schema's text may hold no NUL, so neither may the pattern.
  if (!special.includes(c) && c !== "\0") return random.chance(0.75) ? c : random.pick(forms);
  if (inClass && c === "-") forms.push("\\-");
  return random.pick(forms);
}

function set(random) {
  const simple = random.pick(["\\d", "\\D", "\\w", "\\W", "\\s", "\\S"]);
  return random.chance(0.7) ? simple : `\\${random.pick("pP")}{${random.pick(properties)}}`;
}

function characterClass(random) {
  const negated = random.chance(0.3);
  const items = random.list(0, 4, () => {
    if (random.chance(0.25)) return set(random);
    const first = random.pick(alphabet);
    if (random.chance(0.7)) return written(random, first, true);
    const ends = [first, random.pick(alphabet)].sort((a, b) => a.codePointAt(0) - b.codePointAt(0));
    return ends.map((c) => written(random, c, true)).join("-");
  });
  if (random.chance(0.05)) items.unshift("-");
  if (random.chance(0.05)) items.push("-");
  if (negated && items.length > 1 && items.some((item) => alone.has(item))) return characterClass(random);
  return `[${negated ? "^" : ""}${items.join("")}]`;
}

/** A text of one character that a class or set matches; the alphabet's where it has one. */
function memberOf(random, source) {
  const one = new RegExp(`^${source}$`, "u");
  const members = alphabet.filter((c) => one.test(c));
  return members.length ? random.pick(members) : "a";
}

const assertions = [["^", ""], ["$", ""], ["\\b", ""], ["\\B", ""]];

/** [pattern, () => a text that it may match]. */
function atom(random, depth) {
  return random.weighted([
    [12, () => {
      const c = random.pick(alphabet);
      return [written(random, c, false), () => c];
    }],
    [2, () => [".", () => random.pick(alphabet)]],
    [3, () => {
      const source = set(random);
      return [source, () => memberOf(random, source)];
    }],
    [5, () => {
      const source = characterClass(random);
      return [source, () => memberOf(random, source)];
    }],
    [depth > 0 ? 4 : 0, () => {
      const [source, text] = disjunction(random, depth - 1);
      const open = random.weighted([[4, "("], [4, "(?:"], [1, `(?<n${random.integer(0, 1e9)}>`]]);
      return [`${open}${source})`, text];
    }],
  ])();
}

function term(random, depth) {
  if (random.chance(0.06)) {
    const [source, text] = random.pick(assertions);
    return [source, () => text];
  }
  const [source, text] = atom(random, depth);
  if (random.chance(0.65)) return [source, text];
  const low = random.integer(0, 3);
  const high = low + random.integer(0, 2);
  // JavaScript's engine would take forever over "(?:a*)*": what repeats already is not repeated without bound.
  const twice = [["?", 0, 1], ["{2}", 2, 2], ["{1,2}", 1, 2]];
  const [quantifier, least, most] = random.pick(/^\(.*[*+{]/su.test(source) ? twice : [
    ["*", 0, 3], ["+", 1, 3], ["?", 0, 1], [`{${low}}`, low, low], [`{${low},}`, low, low + 2], [`{${low},${high}}`, low, high],
  ]);
  return [source + quantifier + (random.chance(0.2) ? "?" : ""), () => random.list(least, most, text).join("")];
}

function disjunction(random, depth) {
  const alternatives = random.list(1, random.chance(0.2) ? 3 : 1, () => random.list(random.chance(0.05) ? 0 : 1, 4, () => term(random, depth)));
  const source = alternatives.map((terms) => terms.map(([text]) => text).join("")).join("|");
  return [source, () => random.pick(alternatives).map(([, text]) => text()).join("")];
}

/** { source, text() }: a pattern, and texts that it mostly matches. */
export function pattern(random) {
  let [source, text] = disjunction(random, 2);
  const anchored = random.chance(0.4);
  if (anchored) source = `^(?:${source})$`;
  const around = () => (anchored || random.chance(0.7) ? "" : random.pick(alphabet));
  return { source, text: () => around() + text() + around() };
}

const strokes = [..."()[]{}?*+|^$\\.,:<>=!-/#&", ..."pPkuxcbBdDsSwWnQEAzZi0123abL", "\\p{", "(?:", "(?<", "(?i)", "[^", "{2}", "[:alpha:]"];

/** A pattern with a few strokes changed: mostly none that is valid. */
export function brokenPattern(random) {
  const letters = [...pattern(random).source];
  for (let i = random.integer(1, 3); i > 0; --i) {
    const place = random.integer(0, letters.length);
    random.pick([
      () => letters.splice(place, 0, random.pick(strokes)),
      () => letters.splice(place, 1),
      () => letters.splice(place, 1, random.pick(strokes)),
    ])();
  }
  return letters.join("");
}

/** Patterns of one character: every way to name a set of characters. */
export function sets(random, count) {
  return Array.from({ length: count }, () => (random.chance(0.5) ? set(random) : characterClass(random)));
}

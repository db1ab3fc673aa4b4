// Texts of the five formats, texts that nearly are, and which of them can be compared.

import { alphabet } from "./patterns.mjs";

const digits = (random, count) => random.list(count, count, () => random.integer(0, 9)).join("");
const two = (n) => String(n).padStart(2, "0");

function date(random) {
  const year = random.pick(["0000", "1900", "2000", "2023", "2024", "9999", digits(random, 4)]);
  const [month, day] = random.weighted([
    [3, [random.integer(1, 12), random.integer(1, 28)]],
    [2, [2, random.integer(28, 30)]],
    [2, [random.integer(1, 12), random.integer(29, 32)]],
    [1, [random.integer(0, 13), random.integer(0, 31)]],
  ]);
  return `${year}-${two(month)}-${two(day)}`;
}

function dateTime(random) {
  const offset = random.pick(["Z", "z", () => `${random.pick("+-")}${two(random.integer(0, 24))}:${random.pick(["00", "30", "59", "60"])}`]);
  let [hour, minute, second] = [random.integer(0, 23), random.integer(0, 59), random.integer(0, 59)];
  let zone = typeof offset === "string" ? offset : offset();
  if (random.chance(0.2)) {  // a leap second, mostly where it can be
    second = 60;
    const sign = random.pick([1, -1]);
    const distance = random.integer(0, 23 * 60 + 59);
    const local = (23 * 60 + 59 + sign * distance + random.pick([0, 0, 0, 1]) + 1440) % 1440;
    [hour, minute] = [Math.floor(local / 60), local % 60];
    zone = `${sign > 0 ? "+" : "-"}${two(Math.floor(distance / 60))}:${two(distance % 60)}`;
  }
  const fraction = random.pick(["", "", ".5", `.${digits(random, random.integer(1, 30))}`]);
  return `${date(random)}${random.pick("TTTt")}${two(hour)}:${two(minute)}:${two(second)}${fraction}${zone}`;
}

function uuid(random) {
  const hex = (n) => random.list(n, n, () => random.pick([..."0123456789abcdefABCDEF"])).join("");
  return [8, 4, 4, 4, 12].map(hex).join("-");
}

function uri(random) {
  const word = () => random.list(0, 4, () => random.pick([..."aZ09-._~!$&'()*+,;=:@", "%41", "%zz", "\u00e9"].slice(0, random.chance(0.9) ? 22 : 24))).join("");
  const host = () => random.pick(["example.org", "127.0.0.1", "1.2.3.999", "[::1]", "[2001:db8::7]", "[::ffff:1.2.3.4]", "a_b", "", "[1.2.3.4]", "1.2.3.4.example.org", ipv6()]);
  const ipv6 = () => `[${random.list(1, 8, () => random.pick(["0", "1", "ffff", "12345", "aB1", ""])).join(":")}${random.pick(["", "", "::", ":1.2.3.4"])}]`;
  const authority = () => `//${random.pick(["", "", "user@", "u:p%40@"])}${host()}${random.pick(["", "", ":80", ":", ":x"])}`;
  const scheme = random.pick(["http:", "a:", "z9+.-:", "urn:", "mailto:", "1:", "", ":"]);
  const path = random.list(0, 3, () => `/${word()}`).join("");
  return `${scheme}${random.chance(0.6) ? authority() + path : word() + path}${random.pick(["", `?${word()}`, `#${word()}`, `?${word()}#${word()}`])}`;
}

function email(random) {
  const atom = () => random.list(1, 3, () => random.pick([..."azAZ09!#$%&'*+-/=?^_`{|}~"])).join("");
  const label = () => random.list(1, 4, () => random.pick([..."azAZ09-"])).join("");
  return `${random.list(1, 3, atom).join(".")}@${random.list(2, 4, label).join(".")}`;
}

const makers = { "date-time": dateTime, date, uuid, uri, email };
export const formats = Object.keys(makers);

export const textOf = (random, format) => makers[format](random);

/** One stroke more, less or other. */
export function changedText(random, text) {
  const letters = [...text];
  const place = random.integer(0, letters.length);
  const stroke = random.chance(0.5) && letters.length ? random.pick(letters) : random.pick([...alphabet, ..."TZtz:+-.09"]);
  random.pick([
    () => letters.splice(place, 0, stroke),
    () => letters.splice(place, 1),
    () => letters.splice(place, 1, stroke),
  ])();
  return letters.join("");
}

const authority = /^[^:]*:\/\/([^@/?#[\]]*@)?([^@:/?#[\]]*|\[[^\]]*\])(:\d*)?([/?#]|$)/;

/** Where ajv-formats 3 is looser or stricter than the RFC that the format is of, and we are not. */
const incomparable = {
  // Takes any space for the T, offsets without a colon or minutes, and hours up to 46 in a leap second.
  "date-time": (text) => /\s/.test(text) || /[+-]\d\d(\d\d)?$/.test(text) || /[Tt](2[4-9]|[3-9]\d):|:[6-9]\d:60/.test(text),
  date: () => false,
  // Takes a URN for a UUID.
  uuid: (text) => /^urn:/i.test(text),
  // Needs something behind the scheme, takes "//" and anything for the path where the authority is none, takes "/" for
  // "//", and knows no IPvFuture.
  uri: (text) => /^[^:]*:($|[?#])/.test(text) || (/^[^:/?#]*:\/\//.test(text) && !authority.test(text)) ||
    /^[^:/?#]*:\/(?!\/).*\[/.test(text) || /\[v/i.test(text),
  // Knows neither quoted strings nor address literals nor domains of one label, and no limits of length.
  email: (text) => /["[\]]/.test(text) || !/@.*\./.test(text) || text.length > 60,
};

export const comparable = (format, text) => !incomparable[format](text);

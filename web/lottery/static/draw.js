// The draw once more, for a browser: written apart from the server's program, so that one does not have to trust the other.
// `redo(text)` takes the published file as text and needs nothing else. docs/lottery.md has the rules in words.

const MOST_LETTERS = 8_000_000;
const HEX = /^[0-9a-f]{64}$/;
const NAME = /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u;
const KINDS = {
  file: { format: "string", promise: "object", commitment: "string", list: "object", list_hash: "string", public_value: "string?", seed: "string", result: "object" },
  promise: { class: "string", rules: "object", public_number: "object?" },
  rules: { residents_first: "boolean", not_drawn_first: "boolean" },
  named: { name: "string", digits: "number" },
  list: { format: "string", class: "string", capacity: "number", entries: "array" },
  entry: { number: "number", group: "number", mode: "string", resident: "boolean", not_drawn: "boolean" },
  result: { drawn: "array", waiting: "array" },
};

/** The file cannot be read as a finished draw; `code` is "unreadable" or "unfinished". */
export class NoDraw extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export async function sha256(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** JSON with sorted keys and no spaces. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

/**
 * Repeats the draw. Returns {ok, wrong, file, commitment, listHash, key, steps, drawn, waiting}; `wrong` lists codes, `steps` has every
 * ticket's turn: {numbers, tier, ticket, free, drawn}. Throws NoDraw.
 */
export async function redo(text) {
  const file = read(text);
  const { promise, list } = file;
  const entries = [...list.entries].sort((one, other) => one.number - other.number);
  const commitment = await sha256(`kanikko-lottery-commitment/1\n${canonical(promise)}\n${file.seed}\n`);
  const listHash = await sha256(canonical({ ...list, entries }));
  const wrong = [];
  if (commitment !== file.commitment) wrong.push("commitment");
  if (listHash !== file.list_hash || list.class !== promise.class) wrong.push("list");
  if (hasTwice(entries.map((entry) => entry.number)) || mixesModes(entries)) wrong.push("entries");
  if ((file.public_value ?? "").length !== (promise.public_number?.digits ?? 0)) wrong.push("public");
  const key = await sha256(`kanikko-lottery-key/1\n${file.seed}\n${listHash}\n${file.public_value ?? ""}\n`);
  const steps = walk(await lots(entries, promise.rules, key), list.capacity);
  const drawn = steps.filter((step) => step.drawn).flatMap((step) => step.numbers);
  const waiting = steps.filter((step) => !step.drawn).flatMap((step) => step.numbers);
  if (canonical(file.result) !== canonical({ drawn, waiting })) wrong.push("result");
  return { ok: wrong.length === 0, wrong, file, commitment, listHash, key, steps, drawn, waiting };
}

/** Who is drawn together (one child, or an all-or-none sibling group), sorted by tier, then ticket. */
async function lots(entries, rules, key) {
  const together = new Map();
  for (const entry of entries) {
    const name = entry.mode === "all" ? `group ${entry.group}` : `child ${entry.number}`;
    together.set(name, [...(together.get(name) ?? []), entry]);
  }
  const found = [];
  for (const children of together.values()) {
    const tier = Math.max(...children.map((child) => tierOf(child, rules)));
    const numbers = children.map((child) => child.number);
    found.push({ numbers, tier, ticket: await sha256(`kanikko-lottery-ticket/1\n${key}\n${numbers[0]}\n`) });
  }
  return found.sort((one, other) => one.tier - other.tier || (one.ticket < other.ticket ? -1 : 1));
}

function tierOf(child, rules) {
  const behind = rules.residents_first && !child.resident ? 2 : 0;
  return 1 + behind + (rules.not_drawn_first && !child.not_drawn ? 1 : 0);
}

function walk(sorted, capacity) {
  let free = capacity;
  return sorted.map((lot) => {
    const step = { ...lot, free, drawn: lot.numbers.length <= free };
    if (step.drawn) free -= lot.numbers.length;
    return step;
  });
}

function hasTwice(values) {
  return new Set(values).size < values.length;
}

function mixesModes(entries) {
  const modes = new Map();
  return entries.some((entry) => modes.set(entry.group, modes.get(entry.group) ?? entry.mode).get(entry.group) !== entry.mode);
}

function read(text) {
  const file = parse(text);
  const isOpen = isShaped("file", file, true) && [file.list, file.list_hash, file.seed, file.result].includes(null);
  if (isOpen) throw new NoDraw("unfinished");
  try {
    if (isDraw(file)) return file;
  } catch {
    // something is missing on the way to something else
  }
  throw new NoDraw("unreadable");
}

function isDraw(file) {
  const { promise, list } = file;
  const parts = [["file", file], ["promise", promise], ["rules", promise.rules], ["list", list], ["result", file.result]];
  if (promise.public_number) parts.push(["named", promise.public_number]);
  parts.push(...list.entries.map((entry) => ["entry", entry]));
  return (
    parts.every(([kind, part]) => isShaped(kind, part, false)) &&
    file.format === "kanikko-lottery/1" &&
    list.format === "kanikko-lottery-list/1" &&
    Number.isSafeInteger(list.capacity) &&
    list.capacity >= 0 &&
    list.entries.every((entry) => ["all", "any"].includes(entry.mode) && entry.number > 0 && Number.isSafeInteger(entry.number)) &&
    [file.seed, file.commitment, file.list_hash].every((hash) => HEX.test(hash)) &&
    (promise.public_number ? NAME.test(promise.public_number.name) && /^[0-9]+$/.test(file.public_value) : file.public_value === null)
  );
}

/** Every fact under its name and of its kind, and nothing else. `mayLack`: null is allowed anywhere. */
function isShaped(kind, part, mayLack) {
  const wanted = KINDS[kind];
  if (part === null || typeof part !== "object" || Object.keys(part).sort().join() !== Object.keys(wanted).sort().join()) return false;
  return Object.entries(wanted).every(([name, type]) => {
    const value = part[name];
    if (value === null) return mayLack || type.endsWith("?");
    return (Array.isArray(value) ? "array" : typeof value) === type.replace("?", "");
  });
}

/** JSON.parse takes the last of two equal names and takes 1.0 for 1; whoever reads the file might see the other. So both are refused. */
function parse(text) {
  if (text.length > MOST_LETTERS) throw new NoDraw("unreadable");
  try {
    const bare = text.replace(/^\uFEFF/, "");
    const value = JSON.parse(bare);
    const squeezed = bare.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, word) => (word ? JSON.stringify(JSON.parse(word)) : ""));
    if (JSON.stringify(value) === squeezed) return value;
  } catch {
    // not JSON, or nested too deeply
  }
  throw new NoDraw("unreadable");
}

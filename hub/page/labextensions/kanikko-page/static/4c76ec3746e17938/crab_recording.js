// A recording as a replay may use it. Whoever wrote the notebook wrote the recording: only finite numbers within bounds, short texts
// and plain colours go on from here, and what cannot be shown is refused as a whole.

export const MIME = 'application/vnd.kanikko.crab+json';
export const FRAMES = ['x', 'y', 'heading', 'left', 'right', 'arm', 'left_eye', 'right_eye', 'volts'];

const MOST = { frames: 20000, things: 64, events: 500, lines: 400, areas: 100, points: 2000, items: 50, text: 200 };
const KINDS = new Set(['egg', 'ball', 'rare', 'pin', 'opponent']);
const COLOUR = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i;

class Broken extends Error {}

function number(value, least = -1e6, most = 1e6) {
  if (typeof value !== 'number' || !(value >= least && value <= most)) throw new Broken('number');
  return value;
}

function list(value, most) {
  if (!Array.isArray(value) || value.length > most) throw new Broken('list');
  return value;
}

const text = (value) => (typeof value === 'string' ? [...value.slice(0, MOST.text * 2)].slice(0, MOST.text).join('') : '');
const colour = (value, instead) => (typeof value === 'string' && COLOUR.test(value) ? value : instead);
const point = (value) => { const [x, y] = list(value, 2); return [number(x), number(y)]; };
const points = (value) => list(value, MOST.points).map(point);

// One value a step, or one that holds for all of them.
function track(value, count) {
  const all = list(value, MOST.frames);
  if (all.length !== 1 && all.length !== count) throw new Broken('track');
  return Float64Array.from(all, (one) => number(typeof one === 'boolean' ? Number(one) : one));
}

export const at = (numbers, index) => numbers[numbers.length === 1 ? 0 : index];

function field(given) {
  const [width, height] = point(given.size);
  return {
    title: text(given.title),
    width: number(width, 0.05, 1000),
    height: number(height, 0.05, 1000),
    paper: colour(given.paper, '#202020'),
    lines: list(given.lines ?? [], MOST.lines).map((line) => ({ points: points(line.points), width: number(line.width, 0, 100), colour: colour(line.colour, '#ffffff') })),
    blocks: list(given.blocks ?? [], MOST.areas).map((block) => ({ x: point(block.x), y: point(block.y) })),
    areas: list(given.areas ?? [], MOST.areas).map((area) => ({ title: text(area.title), points: points(area.points), colour: colour(area.colour, '#3a4a5a') })),
  };
}

function crab(given) {
  const { length, width, eyes, arm } = given;
  return { length: number(length, 0.001, 100), width: number(width, 0.001, 100), eyes: list(eyes, 2).map(point), arm: point(arm) };
}

function checked(given) {
  if (given?.version !== 1) throw new Broken('version');
  const count = list(given.frames.x, MOST.frames).length;
  if (!count) throw new Broken('empty');
  const step = number(given.step, 0.001, 60);
  const frames = Object.fromEntries(FRAMES.map((name) => [name, track(given.frames[name] ?? [0], count)]));
  const things = list(given.things ?? [], MOST.things).map((thing) => ({
    kind: KINDS.has(thing.kind) ? thing.kind : 'pin',
    x: track(thing.x, count),
    y: track(thing.y, count),
    held: track(thing.held ?? [0], count),
  }));
  const events = list(given.events ?? [], 1e5).slice(0, MOST.events).map((event) => ({
    t: number(event.t, 0, 1e6), text: text(event.text) || text(event.kind), points: number(event.points ?? 0, -1e4, 1e4),
  }));
  const score = given.score ?? {};
  return {
    field: field(given.field), crab: crab(given.crab), step, count, frames, things,
    events: events.sort((a, b) => a.t - b.t),
    seconds: (count - 1) * step,
    ended: text(given.ended),
    total: score.total == null ? null : number(score.total, -1e4, 1e4),
  };
}

// The recording, or null if it cannot be shown.
export function read(given) {
  try {
    return checked(given);
  } catch (error) {
    return null;
  }
}

// Points that had been made by a moment; at the end what the referee says.
export function pointsAt(recording, seconds) {
  if (seconds >= recording.seconds && recording.total != null) return recording.total;
  return recording.events.reduce((sum, event) => (event.t <= seconds ? sum + event.points : sum), 0);
}

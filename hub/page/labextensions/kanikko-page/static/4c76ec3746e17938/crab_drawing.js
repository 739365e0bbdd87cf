// Draws a checked recording: the field from above, and what eyes and wheels did as two strips below each other.
import { at } from './crab_recording.js';

const TRAIL = '#ffb020';
const STRIPS = [
  [['left_eye', '#0b5394', []], ['right_eye', '#b93a1e', [7, 4]], 0, 4095],
  [['left', '#0b5394', []], ['right', '#b93a1e', [7, 4]], -100, 100],
];

// Gives a canvas the size it has on the page, in its own pixels. Returns its pen, scaled so that one unit is one pixel of the page.
export function pen(canvas, width, height) {
  const scale = Math.min(window.devicePixelRatio || 1, 2);
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d');
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return context;
}

function path(context, points, place, closed) {
  context.beginPath();
  points.forEach((point, index) => context[index ? 'lineTo' : 'moveTo'](...place(point)));
  if (closed) context.closePath();
}

export class Stage {
  constructor(recording, canvas) {
    Object.assign(this, { recording, canvas });
    this.ground = document.createElement('canvas');
  }

  resize(width, height) {
    const { field } = this.recording;
    this.scale = Math.min(width / field.width, height / field.height);
    this.context = pen(this.canvas, width, height);
    this.size = [width, height];
    this.left = (width - field.width * this.scale) / 2;
    this.top = (height - field.height * this.scale) / 2;
    this.place = ([x, y]) => [this.left + x * this.scale, this.top + (field.height - y) * this.scale];
    this.paint();
  }

  // What never changes, once.
  paint() {
    const { field } = this.recording;
    const context = pen(this.ground, ...this.size);
    context.fillStyle = '#dfe8ee';
    context.fillRect(0, 0, ...this.size);
    context.beginPath();
    context.rect(this.left, this.top, field.width * this.scale, field.height * this.scale);
    context.clip();
    context.fillStyle = field.paper;
    context.fill();
    for (const area of field.areas) {
      path(context, area.points, this.place, true);
      context.globalAlpha = 0.55;
      context.fillStyle = area.colour;
      context.fill();
      context.globalAlpha = 1;
    }
    context.lineJoin = context.lineCap = 'round';
    for (const line of field.lines) {
      path(context, line.points, this.place, false);
      context.strokeStyle = line.colour;
      context.lineWidth = Math.max(line.width * this.scale, 1);
      context.stroke();
    }
    for (const { x, y } of field.blocks) {
      const [left, top] = this.place([Math.min(...x), Math.max(...y)]);
      context.fillStyle = '#a1887f';
      context.strokeStyle = '#000';
      context.lineWidth = 1.5;
      context.beginPath();
      context.rect(left, top, Math.abs(x[1] - x[0]) * this.scale, Math.abs(y[1] - y[0]) * this.scale);
      context.fill();
      context.stroke();
    }
  }

  draw(index) {
    const { context, recording: { frames, things } } = this;
    context.drawImage(this.ground, 0, 0, ...this.size);
    const whole = Math.floor(index);
    this.drawTrail(whole);
    for (const thing of things) this.drawThing(thing, whole);
    const next = Math.min(whole + 1, this.recording.count - 1);
    const part = index - whole;
    const between = (name) => { const a = at(frames[name], whole); return a + (at(frames[name], next) - a) * part; };
    const from = at(frames.heading, whole);
    const turn = Math.atan2(Math.sin(at(frames.heading, next) - from), Math.cos(at(frames.heading, next) - from));
    this.drawCrab([between('x'), between('y')], from + turn * part, whole);
  }

  drawTrail(upTo) {
    const { context, recording: { frames } } = this;
    context.beginPath();
    for (let index = 0; index <= upTo; index += 1) context[index ? 'lineTo' : 'moveTo'](...this.place([at(frames.x, index), at(frames.y, index)]));
    context.lineJoin = 'round';
    for (const [colour, width] of [['#000', 5], [TRAIL, 2.5]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke();
    }
  }

  drawThing(thing, index) {
    const { context, recording } = this;
    if (at(thing.x, index) < 0 || at(thing.y, index) < 0) return; // out of the match
    const [x, y] = this.place([at(thing.x, index), at(thing.y, index)]);
    const real = (metres, least) => Math.max(metres * this.scale, least);
    context.lineWidth = 2;
    context.strokeStyle = '#000';
    context.beginPath();
    if (thing.kind === 'opponent') {
      const half = real(recording.crab.width / 2, 9);
      context.rect(x - half, y - half, half * 2, half * 2);
      context.fillStyle = '#8fa3b5';
    } else if (thing.kind === 'pin') {
      const half = real(0.03, 6);
      context.moveTo(x, y - half);
      context.lineTo(x + half, y + half);
      context.lineTo(x - half, y + half);
      context.closePath();
      context.fillStyle = '#ff5c5c';
    } else {
      const radius = real(0.02, 5);
      context.ellipse(x, y, radius * (thing.kind === 'egg' ? 0.8 : 1), radius * (thing.kind === 'egg' ? 1.2 : 1), 0, 0, Math.PI * 2);
      context.fillStyle = { egg: '#fff6dc', ball: '#c9d3dc', rare: '#ffd23f' }[thing.kind];
    }
    context.fill();
    context.stroke();
    if (thing.kind === 'rare' || thing.kind === 'opponent') { // a mark, so that the colour is not the only sign
      context.beginPath();
      context.moveTo(x - 3, y);
      context.lineTo(x + 3, y);
      context.moveTo(x, y - 3);
      context.lineTo(x, y + 3);
      context.stroke();
    }
    if (at(thing.held, index)) {
      context.beginPath();
      context.arc(x, y, real(0.035, 9), 0, Math.PI * 2);
      context.strokeStyle = '#fff';
      context.stroke();
    }
  }

  drawCrab(middle, heading, index) {
    const { context, recording: { crab, frames } } = this;
    const [x, y] = this.place(middle);
    const size = Math.max(this.scale, 26 / Math.max(crab.length, crab.width)); // never smaller than can be seen
    context.save();
    context.translate(x, y);
    context.rotate(-heading);
    context.scale(size, -size);
    context.lineWidth = 1.5 / size;
    context.strokeStyle = '#3b0d04';
    context.fillStyle = '#e2583c';
    context.beginPath();
    context.ellipse(0, 0, crab.length * 0.42, crab.width / 2, 0, 0, Math.PI * 2);
    context.fill();
    context.stroke();
    const lifted = Math.min(Math.max(at(frames.arm, index) / 90, 0), 1);
    for (const side of [1, -1]) { // claws: open when the arm is up
      context.beginPath();
      context.moveTo(crab.length * 0.3, side * crab.width * 0.3);
      context.lineTo(crab.length * 0.5, side * crab.width * (0.28 + 0.2 * lifted));
      context.lineTo(crab.length * 0.62, side * crab.width * (0.1 + 0.34 * lifted));
      context.lineWidth = crab.width * 0.1;
      context.strokeStyle = '#c8442b';
      context.stroke();
    }
    context.lineWidth = 1.5 / size;
    crab.eyes.forEach((eye, number) => { // as dark as what they see
      const seen = Math.min(Math.max(at(frames[number ? 'right_eye' : 'left_eye'], index) / 4095, 0), 1);
      const grey = Math.round(255 * (1 - seen));
      context.beginPath();
      context.arc(eye[0], eye[1], crab.width * 0.09, 0, Math.PI * 2);
      context.fillStyle = `rgb(${grey},${grey},${grey})`;
      context.fill();
      context.strokeStyle = '#ffd23f';
      context.stroke();
    });
    context.restore();
  }
}

// Two strips: eyes above, wheels below. Drawn once a size; where we are in time is a line of its own above it.
export function drawStrips(recording, canvas, width, height) {
  const context = pen(canvas, width, height);
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  const tall = (height - 8) / 2;
  STRIPS.forEach(([first, second, least, most], number) => {
    const top = number * (tall + 8);
    context.strokeStyle = '#b7cdd9';
    context.setLineDash([]);
    context.lineWidth = 1;
    context.strokeRect(0.5, top + 0.5, width - 1, tall - 1);
    for (const [name, colour, dashes] of [first, second]) {
      const values = recording.frames[name];
      const apart = Math.max(1, Math.floor(recording.count / (width * 2))); // no more points than can be seen
      context.beginPath();
      for (let index = 0; index < recording.count; index += apart) {
        const x = recording.count > 1 ? (index / (recording.count - 1)) * width : 0;
        const part = Math.min(Math.max((at(values, index) - least) / (most - least), 0), 1);
        context[index ? 'lineTo' : 'moveTo'](x, top + 3 + (tall - 6) * (1 - part));
      }
      context.setLineDash(dashes);
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.stroke();
    }
  });
}

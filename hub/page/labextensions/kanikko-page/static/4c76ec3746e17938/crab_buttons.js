// 「ほんもので ためす」 and 「ロボットに おくる」: ask the notebook's own kernel to call one of our functions with the program's checked name.
import { el, icon } from './dom.js';
import * as words from './words.js';

const NAME = /^[a-z][a-z0-9_]{0,31}$/;
const JSON_TYPE = 'application/json';
const MOST = { lines: 12, text: 300 };

// The one expression the page ever makes. It is evaluated, not run: no cell number is used up, and no name of the child's is touched.
async function ask(kernel, call, name) {
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    stop_on_error: false,
    user_expressions: { answer: `__import__('robots.notebook.asked', fromlist=['asked']).${call}('${name}')` },
  });
  const reply = await future.done;
  const told = reply.content.user_expressions?.answer?.data?.[JSON_TYPE];
  if (!Array.isArray(told?.said)) throw new Error('no answer');
  return { good: told.good === true, said: told.said.slice(0, MOST.lines).map((line) => String(line).slice(0, MOST.text)) };
}

export function buttons({ program, kernel }) {
  if (typeof program !== 'string' || !NAME.test(program)) return null;
  const told = el('div', { class: 'kk-crab-told', role: 'status' });
  let busy = false;
  const press = (call, waiting) => async () => {
    if (busy) return;
    const asked = kernel();
    if (!asked || asked.status === 'dead' || asked.connectionStatus !== 'connected') {
      told.replaceChildren(el('p', {}, words.CRAB_NO_KERNEL));
      return;
    }
    busy = true;
    told.removeAttribute('data-good');
    told.replaceChildren(el('p', {}, waiting));
    for (const one of both) one.setAttribute('aria-disabled', 'true');
    try {
      const { good, said } = await ask(asked, call, program);
      told.dataset.good = String(good);
      told.replaceChildren(...said.map((line) => el('p', {}, line)));
    } catch (error) {
      told.replaceChildren(el('p', {}, words.CRAB_NO_ANSWER));
    } finally {
      busy = false;
      for (const one of both) one.removeAttribute('aria-disabled');
    }
  };
  const button = (name, label, shape, action) => el('button', { type: 'button', class: 'kk-plain', 'data-crab': name, click: action }, icon(shape), el('span', {}, label));
  const both = [
    button('try', words.CRAB_TRY, 'chip', press('try_on_board', words.CRAB_TRYING)),
    button('send', words.CRAB_SEND, 'send', press('send_to_robot', words.CRAB_SENDING)),
  ];
  return el('div', { class: 'kk-crab-ask' }, el('div', { class: 'kk-crab-row' }, ...both), told);
}

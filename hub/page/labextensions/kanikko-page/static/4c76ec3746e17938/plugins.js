// The plugins that make Notebook 7 a child's page: they wire the bar, the cells, the saving and the hand-in to one notebook.
import { Bar, confirm } from './bar.js';
import { markCells } from './cells.js';
import { serverSettings, theme } from './common.js';
import { crabReplays } from './crab.js';
import { HandIn } from './handin.js';
import { Keeper } from './keeper.js';
import { sanitizer } from './sanitizer.js';
import * as words from './words.js';

const COMMAND_MODE = '.jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) :focus';
const EDIT_MODE = '.jp-Notebook.jp-mod-editMode';

// All the keys there are. The usual ones that delete, cut or move cells (Escape, then x) are gone with Notebook's own set.
const KEYS = [
  ['kanikko:run', ['Shift Enter'], '.jp-Notebook'],
  ['kanikko:run', ['Ctrl Enter'], '.jp-Notebook'],
  ['kanikko:undo', ['Accel Z'], EDIT_MODE],
  ['kanikko:redo', ['Accel Shift Z'], EDIT_MODE],
  ['kanikko:save', ['Accel S'], 'body'],
  ['notebook:enter-command-mode', ['Escape'], EDIT_MODE],
  ['notebook:enter-edit-mode', ['Enter'], COMMAND_MODE],
  ['notebook:move-cursor-up', ['ArrowUp'], COMMAND_MODE],
  ['notebook:move-cursor-down', ['ArrowDown'], COMMAND_MODE],
];

function asker({ services, coreutils }, settings) {
  // GET, or POST if there is something to say. Errors carry what the server told a child.
  return async (address, body) => {
    const url = coreutils.URLExt.join(settings.baseUrl, address);
    const request = body ? { method: 'POST', body: JSON.stringify(body) } : {};
    const response = await services.ServerConnection.makeRequest(url, request, settings);
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw Object.assign(new Error(`${response.status}`), { status: response.status, told: answer.message ? answer : undefined });
    return answer;
  };
}

function homeUrl({ coreutils }) {
  const option = (name) => coreutils.PageConfig.getOption(name);
  return option('hubPrefix') ? option('hubHost') + coreutils.URLExt.join(option('hubPrefix'), 'home') : '/hub/home';
}

// Runs the active cell. Goes on to the next one only if it went well: after an error the child wants to stay and mend.
async function run(app, { NotebookActions }, panel) {
  const notebook = panel.content;
  notebook.deselectAll();
  if (notebook.activeCell?.model.type === 'markdown' && notebook.activeCell.rendered) {
    const next = notebook.widgets.findIndex((cell, index) => index > notebook.activeCellIndex && cell.model.type === 'code');
    if (next >= 0) notebook.activeCellIndex = next;
  }
  const ran = notebook.activeCellIndex;
  if (!panel.sessionContext.isReady) { // who is quicker than the kernel's start would press in vain
    await panel.sessionContext.ready;
    notebook.activeCellIndex = ran;
  }
  const went = await app.commands.execute('notebook:run-cell');
  const last = notebook.widgets.length - 1;
  if (went && notebook.activeCellIndex === ran && ran < last) {
    notebook.mode = 'command';
    NotebookActions.selectBelow(notebook);
  }
}

async function startOver({ NotebookActions }, panel) {
  if (!(await confirm(words.RESTART_ASK, words.RESTART_SAID, words.RESTART, words.RESTART_NO))) return;
  NotebookActions.clearAllOutputs(panel.content);
  // Before the restart: a quick child is in a cell before it is over. What is run meanwhile, Jupyter runs after it.
  panel.content.activeCellIndex = 0;
  panel.content.node.scrollTop = 0;
  await panel.sessionContext.restartKernel();
}

function furnish(app, lab, panel) {
  const ask = asker(lab, app.serviceManager.serverSettings);
  const bar = new Bar({
    home: homeUrl(lab),
    run: () => app.commands.execute('kanikko:run'),
    stop: () => panel.sessionContext.session?.kernel?.interrupt(),
    restart: () => startOver(lab.notebook, panel),
    handIn: () => handIn.handIn(),
    leave: async (event) => {
      if (!keeper.unsaved || keeper.lost) return; // lost: the browser itself asks before it throws work away
      event.preventDefault();
      await keeper.save().catch(() => {});
      window.location.assign(bar.home);
    },
  });
  const keeper = new Keeper({ panel, bar, manager: app.serviceManager, ask });
  const handIn = new HandIn({ panel, keeper, ask, bar });
  panel.sessionContext.statusChanged.connect((_, status) => {
    bar.showRunning(status === 'busy');
    if (status === 'autorestarting' || status === 'dead') {
      bar.say('news', words.KERNEL_DIED);
      // Notebook's own word for it is a dialog about kernels; it opens in this very moment.
      setTimeout(() => lab.apputils.Dialog.tracker.forEach((dialog) => dialog.reject()), 0);
    }
  });
  panel.toolbar.hide();
  markCells(panel);
  return keeper;
}

export function plugins(lab) {
  const page = {
    id: 'kanikko-page:page',
    autoStart: true,
    requires: [lab.notebook.INotebookTracker],
    optional: [lab.application.INotebookShell],
    activate: (app, tracker, shell) => {
      document.documentElement.lang = 'ja';
      document.body.classList.add('kk-page');
      let keeper = null;
      const editor = () => tracker.currentWidget?.content.activeCell?.editor;
      app.commands.addCommand('kanikko:run', { label: words.RUN, execute: () => tracker.currentWidget && run(app, lab.notebook, tracker.currentWidget) });
      app.commands.addCommand('kanikko:undo', { execute: () => editor()?.undo() });
      app.commands.addCommand('kanikko:redo', { execute: () => editor()?.redo() });
      app.commands.addCommand('kanikko:save', { execute: () => keeper?.save().catch(() => {}) });
      for (const [command, keys, selector] of KEYS) app.commands.addKeyBinding({ command, keys, selector });
      tracker.widgetAdded.connect((_, panel) => { keeper ??= furnish(app, lab, panel); });
      app.restored.then(() => shell?.menu.hide());
    },
  };
  return [serverSettings(lab), theme(lab), page, sanitizer(lab.apputils), crabReplays(lab)];
}

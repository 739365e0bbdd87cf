// Teaches the notebook to show recordings of the crab. What draws them is fetched when the first one is there.
import * as words from './words.js';

export const MIME = 'application/vnd.kanikko.crab+json';

const MOMENT = 2000;

// Is this the output of a cell that runs, or has run just now? (A saved one waits until somebody starts it.)
function justRan(actions) {
  let running = 0;
  let ended = -Infinity;
  actions.executionScheduled.connect(() => { running += 1; });
  actions.executed.connect(() => { running = Math.max(0, running - 1); ended = performance.now(); });
  return () => running > 0 || performance.now() - ended < MOMENT;
}

export function crabReplays({ rendermime, notebook }) {
  return {
    id: 'kanikko-page:crab',
    autoStart: true,
    requires: [rendermime.IRenderMimeRegistry],
    optional: [notebook.INotebookTracker],
    activate: (_, registry, tracker) => {
      const isFresh = justRan(notebook.NotebookActions);
      class CrabOutput extends rendermime.RenderedCommon {
        async render(model) {
          this.replay?.end();
          const fresh = isFresh();
          try {
            const { Replay } = await import('./crab_replay.js');
            if (this.isDisposed) return;
            const { program } = model.metadata[MIME] ?? {};
            const kernel = () => tracker?.find((one) => one.node.contains(this.node))?.sessionContext.session?.kernel;
            this.replay = new Replay(model.data[MIME], { program, kernel, fresh });
            this.node.replaceChildren(this.replay.node);
          } catch (error) {
            this.node.textContent = words.CRAB_NOT_SHOWN;
          }
        }

        dispose() {
          this.replay?.end();
          super.dispose();
        }
      }
      // Safe: it takes nothing from a recording but numbers, short texts and plain colours, so it may show an untrusted notebook's.
      registry.addFactory({ safe: true, mimeTypes: [MIME], defaultRank: 40, createRenderer: (options) => new CrabOutput(options) }, 40);
    },
  };
}

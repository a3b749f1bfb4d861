/** A progress bar on standard error, where a person looks at it: what is done, and how far in the data's own time. */

const WIDTH = 30;
const EVERY_MS = 100;

export type Bar = {
  readonly step: (what: string, done: number, of: number, where?: string) => void;
  readonly end: () => void;
};

export function openBar(stream: NodeJS.WriteStream = process.stderr): Bar {
  let shownMs = 0;
  let length = 0;
  return {
    step: (what, done, of, where = '') => {
      if (stream.isTTY !== true || (performance.now() - shownMs < EVERY_MS && done < of)) return;
      shownMs = performance.now();
      const part = of > 0 ? Math.min(1, done / of) : 1;
      const filled = Math.round(part * WIDTH);
      const text = `  ${what} [${'█'.repeat(filled)}${'·'.repeat(WIDTH - filled)}] ${Math.floor(part * 100)} % ${where}`;
      stream.write(`\r${text.padEnd(length)}`);
      length = text.length;
    },
    end: () => {
      if (length > 0) stream.write(`\r${' '.repeat(length)}\r`);
      length = 0;
    },
  };
}

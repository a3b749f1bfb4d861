/** A mistake on the command line of a backtest, or in a file as a whole. */
import type { Lint } from '#model/result.ts';

export const problem = (where: string, message: string, mend?: string): Lint => ({
  ...{ file: where, line: 0, column: 0, path: '', kind: 'backtest', message, severity: 'error' },
  ...(mend === undefined ? {} : { mend }),
});

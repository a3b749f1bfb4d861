/** Says whether the system programs that a test uses are there; what is missing is named at the end of the run. */
import { accessSync, appendFileSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

function isThere(program: string): boolean {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      // Not in this folder.
    }
  }
  return false;
}

/** True when every program is installed; otherwise the tests skip, and a skip in CI is a failure. */
export function needs(...programs: readonly string[]): boolean {
  const missing = programs.filter((program) => !isThere(program));
  const report = process.env['FENGSUI_MISSING_REPORT'];
  if (report !== undefined) for (const program of missing) appendFileSync(report, `${program}\n`);
  return missing.length === 0;
}

/** How often a process is killed: a few times at each check, `FENGSUI_TEST_REPEAT` times as often where there is time. */
const TIMES = Math.max(1, Number.parseInt(process.env['FENGSUI_TEST_REPEAT'] ?? '1', 10) || 1);

export const repeated = (usual: number): number => usual * TIMES;

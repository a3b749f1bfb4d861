import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertsPath } from '#alerts/io/schema.ts';
import { CONSOLE, sampleRegistry, transition } from '#alerts/testing/sample.ts';
import { openClock } from '#model/io/clock.ts';
import { openDesk, registryPort, stageContext, until } from '#test/alerts/support.ts';
import { needs } from '#test/support/needs.ts';

const folder = mkdtempSync(join(tmpdir(), 'fengsui-audit-command-'));
const dataDir = join(folder, 'data');
const anchorFile = join(folder, 'elsewhere', 'anchor.jsonl');
let desk: Awaited<ReturnType<typeof openDesk>>;

function fengsui(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['cli/fengsui.mjs', ...args], {
    encoding: 'utf8',
    env: { ...process.env, FENGSUI_DATA: dataDir, FENGSUI_ANCHOR: anchorFile },
  });
  return { status, out: stdout, all: stdout + stderr };
}

beforeAll(async () => {
  const { context } = stageContext(openClock({ kind: 'real' }));
  desk = await openDesk(registryPort(sampleRegistry([CONSOLE])), context, { dataDir, anchorFile });
  desk.sees(...[1, 2, 3].map((n) => transition({ n, to: 'blue', point: `P${n}` })));
  await until('three alerts', () => desk.reader.list({ gridCodes: ['331004'] }, 10, null).items.length === 3);
});
afterAll(async () => {
  await desk.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!needs('sqlite3'))('fengsui audit', () => {
  it('works while the centre runs, and after it an edit, a cut and a wrong anchor end it with 1', async () => {
    const whole = fengsui('audit', 'verify');
    expect(whole).toMatchObject({ status: 0, out: expect.stringMatching(/^The ledger is whole: \d+ entries, head /) });
    await desk.stop();
    const head = desk.reader.head();
    const second = desk.reader.eventsAfter(0, 100).find(({ facts }) => JSON.stringify(facts).includes('P2'))?.seq;
    expect(fengsui('audit', 'path').out.trim()).toBe(alertsPath(dataDir));
    const exported = join(folder, 'ledger.jsonl');
    expect(fengsui('audit', 'export', exported).status).toBe(0);
    expect(fengsui('audit', 'verify', '--file', exported, '--anchor', anchorFile).status).toBe(0);

    execFileSync('sqlite3', [alertsPath(dataDir), `DELETE FROM events WHERE seq = ${head}`]);
    const cut = fengsui('audit', 'verify', '--anchor', anchorFile);
    expect(cut).toMatchObject({ status: 1, out: expect.stringContaining(`BROKEN at entry ${head - 1} (truncated)`) });
    execFileSync('sqlite3', [
      alertsPath(dataDir),
      `UPDATE events SET body = replace(body, 'P2', 'P9') WHERE seq = ${second}`,
    ]);
    const edited = JSON.parse(fengsui('audit', 'verify', '--json').out) as object;
    expect(edited).toMatchObject({ ok: false, kind: 'edited', seq: second });
  });
});

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asToken, startUnderTest, type Under } from '../console/support/console-under-test.ts';
import { fakePorts } from '../console/support/fake-ports.ts';

const run = promisify(execFile);
const top = fileURLToPath(new URL('../../', import.meta.url));
let under: Under;
beforeAll(async () => {
  under = await startUnderTest({}, fakePorts());
});
afterAll(() => under.stop());

async function fengsui(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  const token = asToken.authorization.replace('Bearer ', '');
  const env = { ...process.env, FENGSUI_URL: under.base, FENGSUI_TOKEN: token };
  return run(process.execPath, ['cli/fengsui.mjs', 'drill', ...words], { cwd: top, env, timeout: 60_000 }).then(
    ({ stdout }) => ({ code: 0, out: stdout }),
    (cause: { readonly code?: number; readonly stderr?: string }) => ({
      code: cause.code ?? -1,
      out: cause.stderr ?? '',
    }),
  );
}

it('is started, ended and reported from the command line, through the console', async () => {
  const [report, end, wrong, started] = await Promise.all([
    fengsui('report', 'dr-1', '--json'),
    fengsui('end', 'dr-1', '--note', '提前结束'),
    fengsui('start', 'county/county.yaml'),
    // The console of this test has another county: its refusal shows that it was asked.
    fengsui('start', 'county/drills/flood.yaml'),
  ]);
  expect(JSON.parse(report.out)).toMatchObject({ drillId: 'dr-1', grid: '999900001001' });
  expect(end).toMatchObject({ code: 0, out: expect.stringContaining('dr-1') });
  expect(wrong).toMatchObject({ code: 2, out: expect.stringContaining('county/county.yaml:') });
  expect(started).toMatchObject({ code: 1, out: expect.stringContaining('no such grid') });
  const given = under.alerts.commandsSeen.filter(({ kind }) => kind === 'drill');
  expect(given).toMatchObject([{ action: 'end', drillId: 'dr-1', note: '提前结束', from: 'api' }]);
}, 90_000);

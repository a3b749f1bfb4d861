/** `fengsui evacuation` and `fengsui print` as a person types them, against a console on a free port. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startUnderTest, TOKEN, type Under } from '#test/console/support/console-under-test.ts';
import { fakePorts } from '#test/console/support/fake-ports.ts';
import { runFengsui, top } from '#test/support/command.ts';
import { needs } from '#test/support/needs.ts';

const LIMIT = { timeout: 90_000 } as const;

describe('on the command line', () => {
  let under: Under;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fengsui-command-'));
    under = await startUnderTest({}, fakePorts(), []);
  });
  afterAll(async () => {
    await under?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = async (...args: readonly string[]) => {
    const running = runFengsui(args, { FENGSUI_URL: under.base, FENGSUI_TOKEN: TOKEN });
    return { code: await running.exited, output: running.output() };
  };

  it('the lists, one list and the figures are tables of households and people', LIMIT, async () => {
    const [lists, one, counts] = await Promise.all([
      run('evacuation'),
      run('evacuation', 'ev-1'),
      run('evacuation', 'counts', '--grid', '999900001'),
    ]);
    expect([lists.code, one.code, counts.code]).toEqual([0, 0, 0]);
    expect(lists.output).toMatch(/ev-1 +上坪滑坡（上坪村） +live +open .* 3\/15 +2\/10 +- +- +1\/5/);
    expect(one.output).toMatch(/slope-1-h2 +胡二婶 +5 +13900000002 +轮椅 +陈小山 +- +拒绝转移/);
    expect(counts.output).toMatch(/青石镇 999900001 +3\/15/);
    expect(counts.output).not.toContain('烽岭县');
  });

  it('a household is marked with its people counted, and a wrong state is refused in words', LIMIT, async () => {
    const [good, bad] = await Promise.all([
      run('evacuation', 'mark', 'ev-1', 'slope-1-h1', 'moved', '--arrived', '4', '--note', '到校'),
      run('evacuation', 'mark', 'ev-1', 'slope-1-h1', 'gone'),
    ]);
    expect(good.code).toBe(0);
    expect(under.alerts.commandsSeen).toHaveLength(1);
    expect(under.alerts.commandsSeen[0]).toMatchObject({
      ...{ kind: 'evacuation', action: 'mark', evacuationId: 'ev-1', householdId: 'slope-1-h1' },
      ...{ state: 'moved', arrived: 4, note: '到校', by: 'api-token', from: 'api' },
    });
    expect(bad.code).toBe(1);
    expect(bad.output).toContain('400');
  });

  it('a card is one file that needs no server, and its printing is on record', LIMIT, async () => {
    const out = join(folder, 'card.html');
    const { code, output } = await run('print', 'card', 'slope-1', '--out', out, '--drill');
    expect([code, output.trim()]).toEqual([0, `Written: ${out}`]);
    const page = readFileSync(out, 'utf8');
    expect(page).toContain('<style>');
    expect(page).not.toMatch(/<link|src=|https?:/);
    expect(page).toContain('演练');
    expect(page).toContain('13900000001');
    expect(
      under.alerts.accessSeen.filter(({ what }) => what === 'print').map(({ by, object }) => [by, object]),
    ).toEqual([['api-token', 'card/slope-1']]);
  });

  it('from the files alone a page is made without telephones', LIMIT, async () => {
    const { code, output } = await run('print', 'card', 'taoshuwan', '--county', join(top, 'county'));
    expect(code).toBe(0);
    expect(output).toContain('桃树湾滑坡');
    expect(output).not.toMatch(/1[3-9]\d{9}/);
  });

  it.skipIf(!needs('chromium'))('a map becomes a PDF', LIMIT, async () => {
    const out = join(folder, 'map.pdf');
    const { code } = await run('print', 'map', '451099', '--county', join(top, 'county'), '--out', out);
    expect(code).toBe(0);
    expect(existsSync(out)).toBe(true);
    expect(readFileSync(out).subarray(0, 5).toString('latin1')).toBe('%PDF-');
  });
});

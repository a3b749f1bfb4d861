import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readHeartbeats, readMetricsText } from '#cli/io/health.ts';

const dir = mkdtempSync(join(tmpdir(), 'fengsui-health-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('what processes leave in run/', () => {
  it('is read although some of it is broken', async () => {
    mkdirSync(join(dir, 'run'));
    const leave = (name: string, text: string) => writeFileSync(join(dir, 'run', name), text);
    const beat = { name: 'ingest', pid: 1, atMs: 5, state: 'ready', addresses: [] };
    leave('ingest.json', JSON.stringify(beat));
    for (const [at, text] of ['', '{"na', 'null', '[]', '{"atMs":1}', '7'].entries()) leave(`broken-${at}.json`, text);
    for (const [at, text] of ['', 'null', '{}', '[null]', '[{"name":"x"}]'].entries())
      leave(`broken-${at}.metrics.json`, text);
    const metric = {
      name: 'fengsui_x',
      help: 'x',
      type: 'counter',
      aggregator: 'sum',
      values: [{ value: 3, labels: {} }],
    };
    leave('ingest.metrics.json', JSON.stringify([metric]));
    expect(readHeartbeats(dir)).toEqual([{ ...beat, away: true }]);
    expect(await readMetricsText(dir)).toContain('fengsui_x 3');
  });
});

/** The bench makes its county out of the shipped one: what is added there must not leave it with rules of points that it has not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openCountySource } from '#cli/io/county-source.ts';
import { formatLint } from '#model/result.ts';
import { writeLatencyCounty } from '#test/bench/latency-county.ts';
import { top } from '#test/support/command.ts';
import { testContext } from '../simulators/support/context.ts';

const folder = mkdtempSync(join(tmpdir(), 'fengsui-bench-county-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the county of the bench is one that the centre starts with', () => {
  const countyDir = join(folder, 'county');
  writeLatencyCounty(countyDir, top, 60);
  const opened = openCountySource({ countyDir, devicesDir: join(top, 'devices') }, testContext(), 1_000);
  expect(opened.ok ? [] : opened.error.map(formatLint)).toEqual([]);
  if (opened.ok) opened.value.stop();
});

/** The page of trends in a real browser: figures with what they rest on, the season's band, and the same day. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildConsole } from '#dashboards/console/build.ts';
import { openBrowser, openPage } from '#dashboards/console/screenshot.ts';
import type { Reading } from '#model/reading.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import { needs } from '#test/support/needs.ts';
import { startUnderTest, type Under } from './support/console-under-test.ts';
import { fakePorts } from './support/fake-ports.ts';

const reading = (sensorId: string, measuredAtMs: number, value: number): Reading =>
  ({
    sensorId,
    measuredAtMs,
    value,
    raw: null,
    flags: [],
    timeQuality: 'synced',
    quality: 'good',
  }) as unknown as Reading;

/** Four years of the river around this day, by the hour. */
function riverPorts() {
  const fakes = fakePorts();
  const nowMs = Date.now();
  for (let years = 0; years <= 4; years++) {
    const middle = nowMs - Math.round(years * 365.25 * DAY_MS);
    for (let atMs = middle - 80 * DAY_MS; atMs <= (years === 0 ? nowMs : middle + 33 * DAY_MS); atMs += HOUR_MS)
      fakes.history.add(
        reading('level-1', atMs, 1_000 + years * 10 + Math.round(200 * Math.sin(atMs / 3e8))),
        'simulated',
      );
  }
  return fakes;
}

describe.skipIf(!needs('chromium'))('the page of trends', () => {
  let folder: string;
  let browser: Browser;
  let under: Under;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fengsui-trend-'));
    await buildConsole(folder);
    browser = await openBrowser();
    under = await startUnderTest({ staticDir: folder }, riverPorts(), ['p-county']);
    page = await openPage(browser);
    page.on('pageerror', (error) => complaints.push(String(error)));
    const [name = '', value = ''] = (await under.cookieOf('p-county')).split('=');
    await page.context().addCookies([{ name, value, url: under.base }]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await under?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('leads from the list of points to one of them, in Chinese first', async () => {
    await page.goto(`${under.base}/#/work/trends`);
    await page.locator('[data-row=river-1] a').click();
    const row = page.locator('[data-row="level-1 season 1"]');
    await row.waitFor({ timeout: 20_000 });
    expect(await row.innerText()).toMatch(/历年同期[\s\S]*百分位[\s\S]*依据 4 年 \d+ 个完整日/);
    expect(await page.locator('[data-row="level-1 season 0"]').innerText()).toContain('雷达水位计');
    expect(await page.locator('.work-summary').innerText()).toContain('石桥水位站');
  }, 30_000);

  test('draws the band of earlier years with this year’s line, and the same day', async () => {
    for (const chart of ['season-level-1', 'same-day-level-1']) {
      const canvas = page.locator(`[data-chart="${chart}"] canvas`);
      await canvas.waitFor();
      // What was drawn is there: red ink of this year, or of today.
      const red = await canvas.evaluate((element) => {
        const one = element as HTMLCanvasElement;
        const { data } = one.getContext('2d')?.getImageData(0, 0, one.width, one.height) ?? { data: [] };
        let count = 0;
        for (let at = 0; at < data.length; at += 4)
          if ((data[at] ?? 0) > 120 && (data[at + 1] ?? 0) < 80 && (data[at + 2] ?? 0) < 80 && (data[at + 3] ?? 0) > 80)
            count++;
        return count;
      });
      expect([chart, red > 20]).toEqual([chart, true]);
    }
    expect(complaints).toEqual([]);
  });

  test('can be read in English', async () => {
    await page.click('[data-test=lang]');
    await page.getByText('same season of earlier years (± 15 d)').waitFor();
  });
});

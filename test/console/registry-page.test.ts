/** The registry's page in a real browser: findings, files to take away, and a table that is tried before it is taken over. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildConsole } from '#dashboards/console/build.ts';
import { openBrowser, openPage } from '#dashboards/console/screenshot.ts';
import { needs } from '#test/support/needs.ts';
import { startUnderTest, type Under } from './support/console-under-test.ts';

describe.skipIf(!needs('chromium'))('the page of the registry', { timeout: 30_000 }, () => {
  let folder: string;
  let browser: Browser;
  let under: Under;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fengsui-registry-page-'));
    await buildConsole(folder);
    browser = await openBrowser();
    under = await startUnderTest({ staticDir: folder });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await under?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('shows what is wrong and where, gives files, and tries a table before it takes it over', async () => {
    const page = await openPage(browser);
    const [name = '', value = ''] = (await under.cookieOf('p-county')).split('=');
    await page.context().addCookies([{ name, value, url: under.base }]);
    await page.goto(`${under.base}/#/work/registry`);
    const row = page.locator('[data-page=registry] tbody tr');
    await row.waitFor();
    expect(await row.innerText()).toMatch(/两村重叠[\s\S]*grids\/villages\.geojson:4:7[\s\S]*109\.1, 27\.65/);
    expect(await page.locator('.work-links a').count()).toBe(7);

    await page.click('[data-do=import]');
    await page.selectOption('select[name=kind]', 'people');
    await page.setInputFiles('input[type=file]', {
      ...{ name: '人员.csv', mimeType: 'text/csv', buffer: Buffer.from('姓名,电话\n') },
    });
    const press = () => page.click('[data-action=import] button[type=submit]');
    await press();
    await page.locator('.work-report li').first().waitFor();
    expect(await page.locator('.work-report').innerText()).toMatch(/new 1[\s\S]*第 3 行 B 电话: is no number/);
    expect(under.alerts.accessSeen).toEqual([]);
    // Another choice, another trial.
    await page.selectOption('select[name=kind]', 'households');
    expect(await page.locator('.work-report').count()).toBe(0);
    await press();
    await page.locator('.work-report li').first().waitFor();
    expect(under.alerts.accessSeen).toEqual([]);
    await press();
    await page.waitForSelector('[data-action=import]', { state: 'detached' });
    expect(under.alerts.accessSeen).toMatchObject([{ kind: 'access', what: 'import', by: 'p-county' }]);
    await page.close();
  });
});

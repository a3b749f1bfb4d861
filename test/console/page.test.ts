import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildConsole, isBuilt } from '#dashboards/console/build.ts';
import { openBrowser, openPage, signInOnPage, takeScreenshot } from '#dashboards/console/screenshot.ts';
import type { Reading } from '#model/reading.ts';
import { needs } from '#test/support/needs.ts';
import { PASSWORD, startUnderTest, type Under } from './support/console-under-test.ts';
import { crackCondition, fakeAlert } from './support/fake-alert.ts';

const MINUTE_MS = 60_000;

describe.skipIf(!needs('chromium'))('the page', () => {
  let folder: string;
  let browser: Browser;
  let under: Under;
  let page: Page;
  const requests: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fengsui-page-'));
    await buildConsole(folder);
    browser = await openBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    under = await startUnderTest({ staticDir: folder, heartbeatMs: 200 });
    fillCounty(under);
    page = await openPage(browser);
    requests.length = 0;
    complaints.length = 0;
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      // A refused request is told by the browser as an error too; the tests look at what the page makes of it.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await page.close();
    await under.stop();
    expect(complaints).toEqual([]);
  });

  const signIn = (user = 'p-county') => signInOnPage(page, `${under.base}/`, { user, password: PASSWORD });
  /** As somebody who has signed in before; the form has a test of its own. */
  const enter = async (user = 'p-county') => {
    const [name = '', value = ''] = (await under.cookieOf(user)).split('=');
    await page.context().addCookies([{ name, value, url: under.base }]);
    await page.goto(under.base);
    await page.waitForSelector('.link.up');
  };
  const text = async (selector: string) => (await page.locator(selector).first().textContent()) ?? '';

  test('is built into files of our own', () => {
    expect(isBuilt(folder)).toBe(true);
    expect(existsSync(join(folder, 'favicon.svg'))).toBe(true);
  });

  test('refuses a wrong password in words, and lets the right one in', async () => {
    await page.goto(under.base);
    await page.fill('input[name=user]', 'p-county');
    await page.fill('input[name=password]', 'not the password');
    await page.click('button[type=submit]');
    await page.getByText('账号或密码不对').waitFor();
    await signIn();
    expect(await text('.bar h1')).toContain('烽岭县');
    expect(await text('.banner')).toContain('模拟数据');
  });

  test('shows every open alert with level, place and state in words, the gravest first', async () => {
    await enter();
    await page.locator('[data-alert]').nth(2).waitFor();
    const rows = await page.locator('[data-alert]').allInnerTexts();
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/橙色 Ⅱ级[\s\S]*上坪滑坡[\s\S]*上坪村[\s\S]*待确认[\s\S]*持续中[\s\S]*无人确认/);
    expect(rows[1]).toMatch(/黄色 Ⅲ级[\s\S]*下湾雨量站[\s\S]*数据中断[\s\S]*吴敏/);
    expect(await page.locator('.grid-label').allInnerTexts()).toContain('上坪村\n橙色');
    expect(await text('.panel table')).toMatch(/烽岭县县橙色 Ⅱ级3/);
  });

  test('shows one alert whole, takes an acknowledgement and says who gave it', async () => {
    await enter();
    await page.click('[data-alert=a-1]');
    await page.locator('.timeline li').first().waitFor();
    expect(await text('.recipients')).toMatch(/周建国[\s\S]*县[\s\S]*县值班，橙色及以上/);
    expect(await text('.why')).toContain('裂缝位移 22.40 mm ≥ 20.00 mm');
    await page.locator('.chart canvas').waitFor();
    await page.fill('.actions textarea', '已派人');
    await page.click('[data-action=acknowledge]');
    await page.getByText('已完成。').waitFor();
    await page.waitForSelector('[data-test=lifecycle].acknowledged');
    expect(await text('[data-alert=a-1]')).toContain('周建国');
    await page.locator('.timeline li.acknowledged').waitFor();
    expect(under.alerts.commandsSeen).toHaveLength(1);
    expect(under.alerts.commandsSeen[0]).toMatchObject({ action: 'acknowledge', by: 'p-county', note: '已派人' });
  });

  test('closes only after a second press', async () => {
    await enter();
    await page.click('[data-alert=a-1]');
    await page.click('[data-action=close]');
    await page.getByText('再按一次：确定办结').waitFor();
    expect(under.alerts.commandsSeen).toHaveLength(0);
    await page.click('[data-action=close]');
    await page.waitForSelector('[data-alert=a-1]', { state: 'detached' });
    expect(under.alerts.reader.get('a-1')?.lifecycle).toBe('closed');
  });

  test('tells a person that his post does not allow it', async () => {
    await enter('p-member');
    await page.click('[data-alert=a-1]');
    await page.click('[data-action=false-alarm]');
    await page.click('[data-action=false-alarm]');
    await page.getByText('您的岗位不能做此操作').waitFor();
  });

  test('moves by itself when something happens', async () => {
    await enter();
    under.alerts.put(
      { ...fakeAlert({ level: 'red' }), conditions: [crackCondition('red', Date.now())] },
      'levelChanged',
    );
    await page.locator('[data-alert=a-1] .badge.red').waitFor();
    await page.locator('.count.red b', { hasText: '1' }).waitFor();
  });

  test('can be worked with the keyboard alone', async () => {
    await enter();
    await page.locator('[data-alert=a-1]').focus();
    await page.keyboard.press('Enter');
    await page.locator('.timeline li').first().waitFor();
    await page.locator('.actions textarea').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-test=lifecycle].acknowledged');
    await page.keyboard.press('Escape');
    await page.locator('.panel table').waitFor();
  });

  test('speaks English after a switch, and keeps it', async () => {
    await enter();
    await page.click('[data-test=lang]');
    await page.getByText('Open alerts').waitFor();
    expect(await text('.bar h1')).toContain('Fengling County');
    expect(await text('[data-alert=a-1]')).toMatch(/Orange II[\s\S]*Shangping slope/);
    await page.reload();
    await page.getByText('Open alerts').waitFor();
  });

  test('says for how long the server has been away, and comes back by itself', async () => {
    await enter();
    await page.route('**/api/**', (route) => route.abort());
    under.service.dropConnections();
    await page.getByText(/与服务器断开 \d+ 秒/).waitFor({ timeout: 10_000 });
    await page.unroute('**/api/**');
    await page.waitForSelector('.link.up', { timeout: 10_000 });
  });

  test('draws a hostile name as text', async () => {
    const name = '<img src=x onerror="document.title=\'broken in\'">';
    under.alerts.put(fakeAlert({ id: 'a-evil', subject: { kind: 'point', id: name } }));
    await enter();
    await page.click('[data-alert=a-evil]');
    await page.locator('.detail h2', { hasText: '<img src=x' }).waitFor();
    expect(await page.title()).not.toBe('broken in');
  });

  test('tells a live alert from one that is not, and calls no live one unreal', async () => {
    await enter();
    await page.locator('.banner', { hasText: '不代表真实险情' }).waitFor();
    under.alerts.put(fakeAlert({ id: 'a-live', origin: 'live', subject: { kind: 'point', id: 'store-1' } }), 'raised');
    await page.locator('.banner', { hasText: '无标记的是实况' }).waitFor();
    expect(await page.locator('[data-alert=a-1] .chip.origin').allInnerTexts()).toEqual(['模拟']);
    expect(await page.locator('[data-alert=a-live] .chip.origin').count()).toBe(0);
    await page.click('[data-alert=a-1]');
    expect(await page.locator('.detail .chip.origin').innerText()).toBe('模拟');
  });

  test('asks nobody but its own server', async () => {
    await enter();
    await page.click('[data-alert=a-1]');
    await page.locator('.chart canvas').waitFor();
    await page.click('[data-test=lang]');
    await page.getByText('Open alerts').waitFor();
    const foreign = requests.filter((url) => !url.startsWith(`${under.base}/`));
    expect(requests.length).toBeGreaterThan(8);
    expect(foreign).toEqual([]);
  });

  test('fits a screen of 1366 by 768 without a sideways scroll', async () => {
    await enter();
    await page.click('[data-alert=a-1]');
    await page.locator('.timeline li').first().waitFor();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
    expect(await page.locator('.bar').evaluate((bar) => bar.scrollWidth - bar.clientWidth)).toBe(0);
  });

  test('gives its picture for the README', async () => {
    const out = process.env['FENGSUI_PICTURE'] ?? join(folder, 'picture.png');
    await takeScreenshot({ url: `${under.base}/`, signIn: { user: 'p-county', password: PASSWORD }, out });
    expect(existsSync(out)).toBe(true);
  });
});

/** Six hours of a crack that opens, with a gap; three open alerts. */
function fillCounty(under: Under): void {
  const nowMs = Date.now();
  const reading = (sensorId: string, measuredAtMs: number, value: number): Reading => ({
    sensorId,
    measuredAtMs,
    timeQuality: 'synced',
    quality: 'good',
    value,
    flags: [],
  });
  for (let minute = 360; minute >= 0; minute--) {
    if (minute > 200 && minute < 240) continue;
    const opened = Math.max(0, 300 - minute);
    under.history.add(reading('crack-1', nowMs - minute * MINUTE_MS, Math.round(180 + (opened / 300) ** 2 * 2_060)));
    under.history.add(reading('level-1', nowMs - minute * MINUTE_MS, 14_200 + (minute % 7)));
  }
  const raisedAtMs = nowMs - 40 * MINUTE_MS;
  under.alerts.put(
    fakeAlert({ raisedAtMs, level: 'yellow' }),
    'raised',
    '裂缝位移 10.10 mm ≥ 10.00 mm，触发黄色',
    'raised yellow',
  );
  under.alerts.put(
    fakeAlert({ raisedAtMs, conditions: [crackCondition('orange', nowMs - 12 * MINUTE_MS)] }),
    'levelChanged',
    '升为橙色：裂缝位移 22.40 mm ≥ 20.00 mm',
    'raised to orange',
  );
  under.alerts.put(
    fakeAlert({
      id: 'a-2',
      level: 'yellow',
      subject: { kind: 'point', id: 'rain-1' },
      hazard: 'rainstorm',
      gridCode: '999900001002',
      raisedAtMs: nowMs - 95 * MINUTE_MS,
      condition: 'dataLost',
      lifecycle: 'acknowledged',
      acknowledged: { by: 'p-town', atMs: nowMs - 80 * MINUTE_MS },
    }),
  );
  under.alerts.put(
    fakeAlert({
      id: 'a-3',
      level: 'blue',
      subject: { kind: 'point', id: 'river-1' },
      hazard: 'flood',
      gridCode: '999900002001',
      raisedAtMs: nowMs - 20 * MINUTE_MS,
      lifecycle: 'handling',
      acknowledged: { by: 'p-far', atMs: nowMs - 15 * MINUTE_MS },
    }),
  );
}

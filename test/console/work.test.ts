/** The plain pages in a real browser: each shows its list, and what is done there becomes a command. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildConsole } from '#dashboards/console/build.ts';
import { openBrowser, openPage } from '#dashboards/console/screenshot.ts';
import { PAGES } from '#dashboards/console/src/work/pages.ts';
import type { Call } from '#model/call.ts';
import { needs } from '#test/support/needs.ts';
import { startUnderTest, type Under } from './support/console-under-test.ts';
import { fakeAlert } from './support/fake-alert.ts';
import { fakePorts } from './support/fake-ports.ts';

const call = (personId: string, name: string, state: Call['state']): Call => ({
  key: `a-1/1/${personId}`,
  alertId: 'a-1',
  round: 1,
  personId,
  name,
  gridCode: '999900001001',
  tier: 3,
  post: 'member',
  reason: { zh: '隐患点所在网格', en: "the point's own grid" },
  state,
  step: 0,
  standsInFor: null,
  tries: 3,
  triesAtMost: 3,
  channels: ['sms'],
  askedAtMs: 1_000_000,
  nextDueMs: null,
  endedAtMs: state === 'silent' ? 1_300_000 : null,
  by: null,
});
const CALLS = [call('p-member', '陈小山', 'silent'), call('p-county', '周建国', 'asking')];

function portsWithCalls() {
  const fakes = fakePorts();
  const calls = {
    list: ({ notReached, personId }: { readonly notReached?: boolean; readonly personId?: string }) => ({
      items: CALLS.filter(
        (one) => (notReached !== true || one.state === 'silent') && (personId ?? one.personId) === one.personId,
      ),
      next: null,
    }),
    ofAlert: () => CALLS,
  };
  return { ...fakes, ports: { ...fakes.ports, parts: { ...fakes.ports.parts, calls } } };
}

describe.skipIf(!needs('chromium'))('the work desk', () => {
  let folder: string;
  let browser: Browser;
  let under: Under;
  let page: Page;
  let cookie: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fengsui-work-'));
    await buildConsole(folder);
    browser = await openBrowser();
    under = await startUnderTest({ staticDir: folder }, portsWithCalls());
    cookie = await under.cookieOf('p-county');
    under.alerts.put(fakeAlert({ level: 'red' }));
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await under?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    page = await openPage(browser);
    complaints.length = 0;
    page.on('pageerror', (error) => complaints.push(String(error)));
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  const go = async (hash: string) => {
    const [name = '', value = ''] = cookie.split('=');
    await page.context().addCookies([{ name, value, url: under.base }]);
    await page.goto(`${under.base}/${hash}`);
  };
  const seen = () => under.alerts.commandsSeen;

  test('is one step from the duty desk and back', async () => {
    await go('');
    await page.waitForSelector('.link.up');
    await page.click('a.work-link');
    await page.waitForSelector('[data-page=not-reached]');
    await page.click('.work .bar a');
    await page.waitForSelector('.columns');
  });

  test('has a page for each list of the API, and each finds its list', async () => {
    const ids: { readonly [page: string]: string } = {
      evacuation: 'ev-1',
      warning: 'w-1',
      handover: '999900001',
      drill: 'dr-1',
      trend: 'slope-1',
    };
    const refused: string[] = [];
    page.on('response', (response) => {
      if (response.url().includes('/api/') && response.status() >= 400)
        refused.push(`${response.status()} ${response.url()}`);
    });
    for (const { id, hidden } of PAGES) {
      await go(`#/work/${id}${hidden === true ? `/${ids[id]}` : ''}`);
      await page.waitForSelector(`[data-page=${id}] tbody tr, [data-page=${id}] .work-scroll > p`);
      expect(await page.locator('.problem[role=alert]').count()).toBe(0);
    }
    expect(refused).toEqual([]);
  });

  test('keeps whoever is silent on the not-reached list, and takes that somebody knocked at his door', async () => {
    await go('#/work/not-reached');
    const row = page.locator('[data-row="a-1/1/p-member"]');
    await row.waitFor();
    expect(await row.innerText()).toMatch(/陈小山[\s\S]*未应/);
    await row.locator('[data-do=reached]').click();
    await page.selectOption('select[name=means]', 'door');
    await page.fill('input[name=note]', '已上门');
    await page.click('[data-action=reached] button[type=submit]');
    await page.waitForSelector('[data-action=reached]', { state: 'detached' });
    expect(seen().at(-1)).toMatchObject({
      kind: 'call',
      action: 'reached',
      personId: 'p-member',
      means: 'door',
      by: 'p-county',
      note: '已上门',
    });
  });

  test('lets the one who is asked answer for himself', async () => {
    await go('#/work/mine');
    await page.locator('[data-row="a-1/1/p-county"] [data-do=answer]').click();
    await page.click('[data-action=answer] button[type=submit]');
    await page.waitForSelector('[data-action=answer]', { state: 'detached' });
    expect(seen().at(-1)).toMatchObject({ kind: 'call', action: 'answer', personId: 'p-county', by: 'p-county' });
  });

  test('ticks off a household, and closes a list only after a second press', async () => {
    await go('#/work/evacuations');
    await page.locator('[data-row=ev-1] a').click();
    const row = page.locator('[data-row="slope-1-h1"]');
    await row.locator('[data-do=mark]').click();
    await page.selectOption('select[name=state]', 'moved');
    await page.fill('input[name=arrived]', '4');
    await page.click('[data-action=mark] button[type=submit]');
    await page.waitForSelector('[data-action=mark]', { state: 'detached' });
    expect(seen().at(-1)).toMatchObject({ kind: 'evacuation', action: 'mark', state: 'moved', arrived: 4 });
    const before = seen().length;
    await page.click('[data-do=close]');
    await page.click('[data-action=close] button[type=submit]');
    await page.getByText('再按一次确定').waitFor();
    expect(seen()).toHaveLength(before);
    await page.click('[data-action=close] button[type=submit]');
    await page.waitForSelector('[data-action=close]', { state: 'detached' });
    expect(seen().at(-1)).toMatchObject({ kind: 'evacuation', action: 'close' });
  });

  test('issues a warning for the grids that are typed', async () => {
    await go('#/work/warnings');
    await page.click('[data-do=issue]');
    await page.selectOption('select[name=hazard]', 'rainstorm');
    await page.selectOption('select[name=level]', 'orange');
    await page.fill('textarea[name=grids]', '999900001，999900002001');
    await page.fill('input[name=headline]', '暴雨橙色预警');
    await page.fill('input[name=expires]', '2030-01-01T08:00');
    await page.click('[data-action=issue] button[type=submit]');
    await page.click('[data-action=issue] button[type=submit]');
    await expect.poll(() => seen().at(-1)).toMatchObject({ kind: 'warning', action: 'issue' });
    expect(seen().at(-1)).toMatchObject({
      draft: {
        hazard: 'rainstorm',
        areas: [
          { gridCode: '999900001', level: 'orange' },
          { gridCode: '999900002001', level: 'orange' },
        ],
      },
    });
  });
});

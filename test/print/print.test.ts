/** The printed pages, as a signed-in person opens them in a real browser: paper, privacy, drill mark, hostile names. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openBrowser } from '#dashboards/console/screenshot.ts';
import type { HazardPoint, Household, Registry } from '#model/registry.ts';
import { startUnderTest, type Under } from '#test/console/support/console-under-test.ts';
import { fakeRegistry } from '#test/console/support/fake-county.ts';
import { fakePorts } from '#test/console/support/fake-ports.ts';
import { needs } from '#test/support/needs.ts';

const HOUSEHOLDS = 20;
const VILLAGE = '999900001001';
const HOSTILE = "<img src=x onerror=\"document.title='broken in'\"><script>document.title='broken in'</script>";
/** CSS pixels of A4 within the margins of the style sheet. */
const WIDTH = Math.floor((186 / 25.4) * 96);
const HEIGHT = Math.floor((273 / 25.4) * 96);

const household = (n: number): Household => ({
  id: `h${n}`,
  headName: n === 1 ? HOSTILE : `住户${n}`,
  people: 2 + (n % 3),
  phone: `139000001${String(n).padStart(2, '0')}`,
  callerId: 'p-member',
  needsHelp: n % 10 === 0 ? ['一位老人 86 岁，卧床，需担架'] : [],
  routeId: 'r1',
  shelterId: 's1',
});

function county(): Registry {
  const registry = fakeRegistry();
  const slope = registry.points.get('slope-1') as HazardPoint;
  const points = new Map(registry.points);
  points.set('slope-1', { ...slope, households: Array.from({ length: HOUSEHOLDS }, (_, n) => household(n + 1)) });
  const shelter = { id: 's1', name: { zh: '上坪小学', en: 'school' }, lon: 109.1, lat: 27.7, gridCode: VILLAGE };
  return {
    ...registry,
    points,
    shelters: new Map([['s1', { ...shelter, capacity: 160, keeperId: 'p-head', address: '上坪村口' }]]),
    routes: new Map([
      [
        'r1',
        {
          id: 'r1',
          name: { zh: HOSTILE, en: 'way' },
          shelterId: 's1',
          line: [
            [109.08, 27.72],
            [109.1, 27.7],
          ],
          way: { zh: '沿村道向西南', en: 'south-west along the road' },
        },
      ],
    ]),
  };
}

describe.skipIf(!needs('chromium'))('pages to print', () => {
  let browser: Browser;
  let under: Under;
  let page: Page;
  const cookies = new Map<string, string>();
  const requests: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    const registry = county();
    const fakes = fakePorts();
    under = await startUnderTest(
      {},
      { ...fakes, ports: { ...fakes.ports, registry: { current: () => registry, onChange: () => () => {} } } },
    );
    for (const user of ['p-head', 'p-info', 'p-county']) cookies.set(user, await under.cookieOf(user));
    browser = await openBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await under?.stop();
  });
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT } });
    await page.emulateMedia({ media: 'print' });
    requests.length = 0;
    complaints.length = 0;
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => {
      // The browser asks for an icon, which belongs to the console's built page.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith(`${under.base}/`))).toEqual([]);
  });

  const open = async (path: string, user = 'p-head') => {
    const [name = '', value = ''] = (cookies.get(user) ?? '').split('=');
    await page.context().addCookies([{ name, value, url: under.base }]);
    const response = await page.goto(`${under.base}${path}`);
    expect(response?.status()).toBe(200);
    // Without its style sheet the page would be laid out by chance.
    expect(await page.evaluate(() => getComputedStyle(document.querySelector('.sheet') as Element).position)).toBe(
      'relative',
    );
  };
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  /** Every `/Type /Page` object of the PDF that Chromium prints, and their sizes. */
  const printed = async () => {
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    return { pages: pdf.match(/\/Type \/Page\b/g)?.length ?? 0, boxes: new Set(pdf.match(/MediaBox \[[^\]]*\]/g)) };
  };

  test('the card fits A4, households two or more a sheet, and asks nobody but its own server', async () => {
    await open('/print/card/slope-1');
    expect(await overflow()).toBe(0);
    expect(requests.length).toBeGreaterThanOrEqual(2);
    const heights = await page.evaluate(() =>
      [...document.querySelectorAll('.sheet.half')].map((card) => card.getBoundingClientRect().height),
    );
    expect(heights).toHaveLength(HOUSEHOLDS);
    expect(Math.max(...heights)).toBeLessThan(HEIGHT / 2);
    const { pages, boxes } = await printed();
    expect(boxes).toEqual(new Set(['MediaBox [0 0 594.95996 841.91998]']));
    expect(pages).toBeGreaterThanOrEqual(2 + HOUSEHOLDS / 4);
    expect(pages).toBeLessThanOrEqual(4 + HOUSEHOLDS / 2);
  });

  test('the card of one household says where to go, by which way, who calls, and what to do', async () => {
    await open('/print/card/slope-1?household=h10');
    const text = await page.locator('.sheet').innerText();
    for (const part of [
      '住户10',
      '13900000110',
      '陈小山',
      '褚卫 13800000006',
      '沿村道向西南',
      '上坪小学',
      '需担架',
      '119',
    ])
      expect(text).toContain(part);
    expect((await printed()).pages).toBe(1);
    const response = await fetch(`${under.base}/print/card/slope-1?household=nobody`, {
      headers: { cookie: cookies.get('p-head') ?? '' },
    });
    expect(response.status).toBe(404);
  });

  test('the table fits A4 and names posts, points, households and shelters of the grid', async () => {
    await open(`/print/grid/${VILLAGE}`);
    expect(await overflow()).toBe(0);
    const text = await page.locator('.sheet').innerText();
    for (const part of ['褚卫', '13800000006', '上坪滑坡', '住户20', '上坪小学']) expect(text).toContain(part);
    expect(text).not.toContain('蒋琴');
    expect((await printed()).boxes).toEqual(new Set(['MediaBox [0 0 594.95996 841.91998]']));
  });

  test('the wall map is one sheet across, with its grids, points, shelters, ways, scale and north', async () => {
    await page.setViewportSize({ width: Math.floor((281 / 25.4) * 96), height: Math.floor((194 / 25.4) * 96) });
    await open('/print/map/999900', 'p-county');
    expect(await overflow()).toBe(0);
    const text = (await page.locator('svg').textContent()) ?? '';
    for (const part of ['上坪村', '上坪滑坡', '上坪小学', '10 km', '北', '图例']) expect(text).toContain(part);
    expect(await page.locator('svg path[stroke-dasharray]').count()).toBe(2);
    const { pages, boxes } = await printed();
    expect({ pages, boxes }).toEqual({ pages: 1, boxes: new Set(['MediaBox [0 0 841.91998 594.95996]']) });
  });

  test('a drill is marked on every sheet and in the title; without it nothing is', async () => {
    for (const path of ['/print/card/slope-1', `/print/map/${VILLAGE}`]) {
      const width = path.includes('map') ? (281 / 25.4) * 96 : WIDTH;
      await page.setViewportSize({ width: Math.floor(width), height: HEIGHT });
      await open(`${path}?drill=true`);
      expect(await overflow()).toBe(0);
      expect(await page.title()).toMatch(/^【演练】/);
      const sheets = await page.locator('.sheet').count();
      expect(await page.locator('.sheet header .drill').count()).toBe(sheets);
      expect(await page.locator('.sheet footer', { hasText: '演练' }).count()).toBe(sheets);
      await open(path);
      expect(await page.content()).not.toContain('演练');
    }
  });

  test('a hostile name is text and nothing else', async () => {
    await open('/print/card/slope-1');
    expect(await page.title()).toContain('上坪滑坡');
    expect(await page.locator('img, script').count()).toBe(0);
    expect(await page.locator('td', { hasText: '<img src=x' }).count()).toBeGreaterThanOrEqual(2);
  });

  test('whoever does not need them sees no telephone and no need; who prints in full is on record once', async () => {
    const before = under.alerts.accessSeen.length;
    for (const path of ['/print/card/slope-1', `/print/grid/${VILLAGE}`]) {
      await open(path, 'p-info');
      const content = await page.content();
      expect(content.match(/13[89]0{5}\d{3}/g)).toBeNull();
      expect(content).not.toContain('需担架');
      expect(content).not.toContain('住户10');
      expect(content).toContain('已隐去');
    }
    expect(under.alerts.accessSeen.length).toBe(before);
    for (let n = 0; n < 2; n++) await open(`/print/grid/${VILLAGE}?lang=en`, 'p-county');
    expect(await page.locator('h1').innerText()).toBe('Shangping Grid table');
    const entries = under.alerts.accessSeen.slice(before).map(({ by, what, object }) => [by, what, object]);
    expect(entries).toEqual([['p-county', 'print', `grid/${VILLAGE}`]]);
  });
});

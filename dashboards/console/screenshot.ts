/** Takes the README's picture from a running console, with Debian's Chromium. */
import type { Browser, Page } from 'playwright-core';

export const CHROMIUM = '/usr/bin/chromium';
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const LIMIT_MS = 20_000;

export async function openBrowser(): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS });
}

/** A page of the size that a county's duty room has. */
export const openPage = (browser: Browser): Promise<Page> =>
  browser.newPage({ viewport: { width: 1366, height: 768 } });

export type SignIn = { readonly user: string; readonly password: string };

export async function signInOnPage(page: Page, url: string, who: SignIn): Promise<void> {
  await page.goto(url, { timeout: LIMIT_MS });
  await page.fill('input[name=user]', who.user, { timeout: LIMIT_MS });
  await page.fill('input[name=password]', who.password);
  await page.click('button[type=submit]');
  await page.waitForSelector('.link.up', { timeout: LIMIT_MS });
}

/** Signs in, opens the gravest alert (when there is one) and writes a PNG to `out`. */
export async function takeScreenshot(what: {
  readonly url: string;
  readonly signIn: SignIn;
  readonly out: string;
}): Promise<void> {
  const browser = await openBrowser();
  try {
    const page = await openPage(browser);
    await signInOnPage(page, what.url, what.signIn);
    const first = page.locator('[data-alert]').first();
    if ((await first.count()) > 0) {
      await first.click();
      await page.waitForSelector('.timeline li', { timeout: LIMIT_MS });
      // The picture needs the line of readings, when there are any.
      await page.waitForSelector('.chart .u-over, .chart .nothing', { timeout: LIMIT_MS });
    }
    await page.screenshot({ path: what.out });
  } finally {
    await browser.close();
  }
}

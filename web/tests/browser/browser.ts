// Debian's Chromium, and a page that fails the test when it asks for anything or complains.
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { expect } from "vitest";

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

export interface Watched {
  page: Page;
  complaints: string[]; // requests, errors, refusals of the content security policy
}

export async function open(browser: Browser, file: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const url = `file://${file.split("/").map(encodeURIComponent).join("/")}`;
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== url) complaints.push(`request: ${request.url()}`);
  });
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  await page.waitForSelector("main h1");
  return { page, complaints };
}

export async function close({ page, complaints }: Watched): Promise<void> {
  await page.context().close();
  expect(complaints).toEqual([]);
}

export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
  await page.waitForFunction((to) => location.hash === to && document.querySelector("main h1"), hash);
}

export async function tile(page: Page, label: string): Promise<number> {
  const words = await page.locator(".figure-tile", { has: page.locator("dt", { hasText: new RegExp(`^${label}$`) }) }).locator("b").innerText();
  return Number(words.replace(/,/g, ""));
}

/** The Atom feed (RFC 4287) of our CAP messages: an index, newest first; each entry links to the message itself. */
import type { CapEntry } from '#model/exchange.ts';
import { escapeXml } from '#model/xml-text.ts';
import { iso } from './wire.ts';

const CAP_TYPE = 'application/cap+xml';

type Feed = {
  /** Without a slash at its end. */
  readonly base: string;
  readonly countyCode: string;
  readonly title: string;
  readonly entries: readonly CapEntry[];
  readonly nowMs: number;
};

function entryXml(base: string, entry: CapEntry): string {
  const href = `${base}/feeds/cap/${encodeURIComponent(entry.identifier)}.xml`;
  return [
    '  <entry>',
    `    <id>urn:fengsui:cap:${escapeXml(entry.identifier)}</id>`,
    `    <title>${escapeXml(entry.headline || entry.identifier)}</title>`,
    `    <updated>${iso(entry.sentMs)}</updated>`,
    `    <author><name>${escapeXml(entry.sender)}</name></author>`,
    `    <link rel="alternate" type="${CAP_TYPE}" href="${escapeXml(href)}"/>`,
    `    <category term="${escapeXml(entry.type)}"/>`,
    `    <category term="${escapeXml(entry.level)}"/>`,
    `    <summary>${escapeXml(entry.headline)}</summary>`,
    '  </entry>',
  ].join('\n');
}

export function atomFeed({ base, countyCode, title, entries, nowMs }: Feed): string {
  const self = `${base}/feeds/cap.atom`;
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `  <id>urn:fengsui:cap:${escapeXml(countyCode)}</id>`,
    `  <title>${escapeXml(title)}</title>`,
    `  <updated>${iso(entries[0]?.sentMs ?? nowMs)}</updated>`,
    `  <link rel="self" type="application/atom+xml" href="${escapeXml(self)}"/>`,
    '  <generator>Fengsui</generator>',
    ...entries.map((entry) => entryXml(base, entry)),
    '</feed>',
  ].join('\n')}\n`;
}

/** Parses an XML text into a tree that knows its lines; a document type, own entities and great depth are refused. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { err, ok, type Result } from '#model/result.ts';
import { refuseHostile } from '#model/xml-text.ts';
import type { XmlNode } from '../../cap/xml.ts';

export type XmlFault = { readonly line: number; readonly message: string };

const DEEPEST = 32;
const META = XMLParser.getMetaDataSymbol();
const ENTITIES: { readonly [name: string]: string } = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

type Raw = { readonly [key: string | symbol]: unknown };

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  captureMetaData: true,
  processEntities: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  cdataPropName: '#cdata',
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: DEEPEST,
});

class Refused extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Only the five of XML itself and numbers. */
function decode(raw: string, line: number): string {
  return raw.replace(/&([^;&\s]{0,12});?/g, (whole, name: string) => {
    if (!whole.endsWith(';')) throw new Refused(line, 'an & that begins nothing');
    const known = ENTITIES[name];
    if (known !== undefined) return known;
    const code = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name);
    const point = code === null ? Number.NaN : code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16);
    const legal = point === 9 || point === 10 || point === 13 || (point >= 0x20 && point <= 0x10ffff);
    if (!legal || (point >= 0xd800 && point <= 0xdfff)) throw new Refused(line, `the entity &${name}; is not known`);
    return String.fromCodePoint(point);
  });
}

/** Prefixes in force, as `xmlns:p` and `xmlns` name them. */
type Scope = ReadonlyMap<string, string>;

function scopeOf(attributes: Raw, outer: Scope, line: number): Scope {
  const declared = Object.entries(attributes).filter(([name]) => name === 'xmlns' || name.startsWith('xmlns:'));
  if (declared.length === 0) return outer;
  const inner = new Map(outer);
  for (const [name, value] of declared) inner.set(name === 'xmlns' ? '' : name.slice(6), decode(String(value), line));
  return inner;
}

function openTree(text: string) {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const lineAt = (offset: number): number => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
  function nodeOf(raw: Raw, tag: string, outer: Scope): XmlNode {
    const line = lineAt(
      (raw[META as unknown as symbol] as { readonly startIndex?: number } | undefined)?.startIndex ?? 0,
    );
    const scope = scopeOf((raw[':@'] ?? {}) as Raw, outer, line);
    const [prefix, name] = tag.includes(':') ? (tag.split(':', 2) as [string, string]) : ['', tag];
    const namespace = scope.get(prefix);
    if (prefix !== '' && namespace === undefined) throw new Refused(line, `the prefix ${prefix} is not declared`);
    const attributes: { [name: string]: string } = {};
    for (const [key, value] of Object.entries((raw[':@'] ?? {}) as Raw))
      if (!key.startsWith('xmlns')) attributes[key] = decode(String(value), line);
    const children: XmlNode[] = [];
    let own = '';
    for (const part of (raw[tag] ?? []) as readonly Raw[]) {
      const [key] = Object.keys(part).filter((one) => one !== ':@');
      if (key === undefined) continue;
      if (key === '#text') own += decode(String(part[key]), line);
      else if (key === '#cdata')
        own += (part[key] as readonly Raw[]).map((inner) => String(inner['#text'] ?? '')).join('');
      else children.push(nodeOf(part, key, scope));
    }
    return { name, namespace: namespace ?? '', line, attributes, children, text: own.trim() };
  }
  return nodeOf;
}

export function readXml(raw: string): Result<XmlNode, XmlFault> {
  const text = raw.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  const harmless = refuseHostile(text);
  if (!harmless.ok) return err({ line: 1, message: harmless.error });
  try {
    const formed = XMLValidator.validate(text);
    if (formed !== true) return err({ line: formed.err.line, message: formed.err.msg });
    const roots = (parser.parse(text) as readonly Raw[]).filter((part) => !Object.hasOwn(part, '#text'));
    const [root, second] = roots;
    const tag = root === undefined ? undefined : Object.keys(root).find((key) => key !== ':@');
    if (root === undefined || tag === undefined) return err({ line: 1, message: 'there is no element' });
    if (second !== undefined) return err({ line: 1, message: 'there is more than one root element' });
    return ok(openTree(text)(root, tag, new Map()));
  } catch (cause) {
    if (cause instanceof Refused) return err({ line: cause.line, message: cause.message });
    return err({ line: 1, message: cause instanceof Error ? cause.message : String(cause) });
  }
}

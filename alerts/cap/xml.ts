/** XML as messages need it: a tree that knows its lines, and text written so that nothing in it is taken for markup. */

import { escapeXml } from '#model/xml-text.ts';

export type XmlNode = {
  /** Without its prefix. */
  readonly name: string;
  readonly namespace: string;
  readonly line: number;
  /** Without namespaces. */
  readonly attributes: { readonly [name: string]: string };
  readonly children: readonly XmlNode[];
  /** Of its own, with character references resolved; space around it is cut off. */
  readonly text: string;
};

/** One line of an element with text; nothing at all when there is none. */
export const element = (name: string, text: string | null, indent = ''): string =>
  text === null ? '' : `${indent}<${name}>${escapeXml(text)}</${name}>\n`;

export const childrenOf = (node: XmlNode, name: string): readonly XmlNode[] =>
  node.children.filter((child) => child.name === name);
export const childOf = (node: XmlNode, name: string): XmlNode | undefined =>
  node.children.find((child) => child.name === name);
/** The text of a path of elements; null when one of them is missing. */
export function textAt(node: XmlNode, ...path: readonly string[]): string | null {
  let at: XmlNode | undefined = node;
  for (const name of path) at = at === undefined ? undefined : childOf(at, name);
  return at?.text ?? null;
}

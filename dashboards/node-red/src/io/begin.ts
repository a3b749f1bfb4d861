/** What every node of ours does at its begin: find its server, say how the connection stands, and speak its own words. */
import { type LinkState, linkOf, type ServerLink } from '../link.ts';
import type { Config, Fill, Red, RedNode } from '../red.ts';

export type Say = (key: string, values?: { readonly [key: string]: string | number }) => string;
type Begin = (parts: { readonly node: RedNode; readonly config: Config; readonly say: Say }) => void;

export const sayOf =
  (RED: Red, type: string): Say =>
  (key, values) =>
    RED._(`${type}.words.${key}`, values);

/** Registers a node type; Node-RED makes the node, and `begin` what it does. */
export function registerNode(RED: Red, type: string, begin: Begin): void {
  const say = sayOf(RED, type);
  RED.nodes.registerType(type, function start(this: RedNode, config: Config) {
    RED.nodes.createNode(this, config);
    begin({ node: this, config, say });
  });
}

/** The node's server; without one the node says so below itself and stays idle. */
export function serverOf(RED: Red, { node, config, say }: Parameters<Begin>[0]): ServerLink | undefined {
  const link = linkOf(RED.nodes.getNode(String(config['server'] ?? '')));
  if (link === undefined) node.status({ fill: 'red', shape: 'ring', text: say('noServer') });
  return link;
}

const SHOWN: { readonly [S in LinkState]: readonly [Fill, 'ring' | 'dot', string] } = {
  connecting: ['yellow', 'ring', 'connecting'],
  connected: ['green', 'dot', 'connected'],
  away: ['red', 'ring', 'away'],
  notSignedIn: ['red', 'ring', 'notSignedIn'],
  notConfigured: ['red', 'ring', 'noServer'],
};
export function showLink(node: RedNode, say: Say, state: LinkState): void {
  const [fill, shape, word] = SHOWN[state];
  node.status({ fill, shape, text: say(word) });
}

/** A reason in a status line stays short. */
export const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

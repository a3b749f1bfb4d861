import { describe, expect, it } from 'vitest';
import { type Identity, isSubset, judgePublish, judgeSubscribe } from './permissions.ts';

const edge: Identity = { kind: 'edge', user: 'e1', township: 't1' };
const speaker: Identity = { kind: 'speaker', user: 's1', area: 'c/t/v' };
const service = (user: string): Identity => ({ kind: 'service', user });
const E = 'fengsui/v1/edge';
const G = 'fengsui/v1/grid/c/t/v/p';

describe('who may publish', () => {
  const cases: readonly [string, Identity, string, string][] = [
    ['an edge its own batches', edge, `${E}/t1/e1/up`, 'yes'],
    ['an edge its own status', edge, `${E}/t1/e1/status`, 'yes'],
    ['an edge its own replies', edge, `${E}/t1/e1/reply`, 'yes'],
    ['an edge no acks', edge, `${E}/t1/e1/ack`, 'direction'],
    ['an edge nothing as another edge', edge, `${E}/t1/e2/up`, 'foreign'],
    ['an edge nothing in another township', edge, `${E}/t2/e1/up`, 'foreign'],
    ['an edge nothing into the grid', edge, `${G}/alert`, 'direction'],
    ['nobody $SYS', service('svc-ingest'), '$SYS/x/new/clients', 'system'],
    ['nobody a topic with other characters', edge, `${E}/t1/e1/up\u0000`, 'malformed'],
    ['nobody a topic outside the root', edge, 'other', 'malformed'],
    ['ingest acks', service('svc-ingest'), `${E}/t1/e1/ack`, 'yes'],
    ['ingest states', service('svc-ingest'), `${G}/state`, 'yes'],
    ['ingest no alerts', service('svc-ingest'), `${G}/alert`, 'direction'],
    ['alerts alerts', service('svc-alerts'), `${G}/alert`, 'yes'],
    ['alerts no acks', service('svc-alerts'), `${E}/t1/e1/ack`, 'direction'],
    ['the console nothing', service('svc-console'), `${G}/state`, 'direction'],
    ['Node-RED no states', service('svc-node-red'), `${G}/state`, 'direction'],
    ['Node-RED no alerts', service('svc-node-red'), `${G}/alert`, 'direction'],
    ['Node-RED no broadcasts', service('svc-node-red'), `${G}/broadcast`, 'direction'],
    ['Node-RED no commands', service('svc-node-red'), `${E}/t1/e1/cmd`, 'direction'],
    ['care commands', service('svc-care'), `${E}/t1/e1/cmd`, 'yes'],
    ['care no acks', service('svc-care'), `${E}/t1/e1/ack`, 'direction'],
    ['care nothing to people', service('svc-care'), `${G}/alert`, 'direction'],
    ['broadcast broadcasts', service('svc-broadcast'), `${G}/broadcast`, 'yes'],
    ['broadcast no alerts', service('svc-broadcast'), `${G}/alert`, 'direction'],
    ['alerts no broadcasts', service('svc-alerts'), `${G}/broadcast`, 'direction'],
    ['a speaker its own receipts', speaker, 'fengsui/v1/speaker/s1/receipt', 'yes'],
    ['a speaker none of another', speaker, 'fengsui/v1/speaker/s2/receipt', 'foreign'],
    ['a speaker no broadcasts', speaker, `${G}/broadcast`, 'direction'],
    ['an edge no receipts', edge, 'fengsui/v1/speaker/e1/receipt', 'direction'],
    ['a service nobody knows nothing', service('constructor'), `${G}/state`, 'direction'],
  ];
  it.each(cases)('%s', (_name, identity, topic, verdict) => {
    const judged = judgePublish(identity, topic);
    expect(judged.ok ? 'yes' : judged.error).toBe(verdict);
  });
});

describe('who may subscribe', () => {
  const cases: readonly [string, Identity, string, string][] = [
    ['an edge its own acks', edge, `${E}/t1/e1/ack`, 'yes'],
    ['an edge its own commands', edge, `${E}/t1/e1/cmd`, 'yes'],
    ['an edge not its own batches', edge, `${E}/t1/e1/up`, 'foreign'],
    ['an edge no other acks', edge, `${E}/t1/+/ack`, 'wildcard'],
    ['an edge not everything', edge, '#', 'wildcard'],
    ['an edge not everything of its own', edge, `${E}/t1/e1/#`, 'wildcard'],
    ['ingest all batches', service('svc-ingest'), `${E}/+/+/up`, 'yes'],
    ['ingest the batches of one township', service('svc-ingest'), `${E}/t1/+/up`, 'yes'],
    ['ingest not all channels', service('svc-ingest'), `${E}/+/+/+`, 'wildcard'],
    ['a speaker the broadcasts of its village', speaker, 'fengsui/v1/grid/c/t/v/+/broadcast', 'yes'],
    ['a speaker not those of another village', speaker, 'fengsui/v1/grid/c/t/w/+/broadcast', 'wildcard'],
    ['a speaker no alerts', speaker, `${G}/alert`, 'foreign'],
    [
      'a township siren any village of its own',
      { ...speaker, area: 'c/t/+' },
      'fengsui/v1/grid/c/t/+/+/broadcast',
      'yes',
    ],
    ['broadcast all receipts', service('svc-broadcast'), 'fengsui/v1/speaker/+/receipt', 'yes'],
    ['Node-RED all states', service('svc-node-red'), 'fengsui/v1/grid/+/+/+/+/state', 'yes'],
    ['Node-RED the alerts of one village', service('svc-node-red'), 'fengsui/v1/grid/c/t/v/+/alert', 'yes'],
    ['Node-RED no broadcasts', service('svc-node-red'), 'fengsui/v1/grid/+/+/+/+/broadcast', 'wildcard'],
    ['Node-RED no batches', service('svc-node-red'), `${E}/+/+/up`, 'wildcard'],
    ['Node-RED no status of boxes', service('svc-node-red'), `${E}/t1/e1/status`, 'foreign'],
    ['nobody shared subscriptions', service('svc-ingest'), `$share/g/${E}/+/+/up`, 'shared'],
    ['nobody $SYS', service('svc-console'), '$SYS/#', 'system'],
  ];
  it.each(cases)('%s', (_name, identity, filter, verdict) => {
    const judged = judgeSubscribe(identity, filter);
    expect(judged.ok ? 'yes' : judged.error).toBe(verdict);
  });

  it('counts a filter as narrower only level by level', () => {
    expect(isSubset('a/b', 'a/+')).toBe(true);
    expect(isSubset('a/+', 'a/b')).toBe(false);
    expect(isSubset('a/#', 'a/+')).toBe(false);
    expect(isSubset('a', 'a/+')).toBe(false);
  });
});

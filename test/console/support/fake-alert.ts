/** An alert as the alerts stage would give it. */
import type { Alert, AlertCondition } from '#model/alert.ts';

export function crackCondition(level: 'blue' | 'yellow' | 'orange' | 'red', sinceMs: number): AlertCondition {
  return {
    key: 'crack@1|point:slope-1|landslide|centre|live|crack-1',
    rule: 'crack@1',
    level,
    state: 'active',
    sinceMs,
    reason: { zh: '裂缝位移 22.40 mm ≥ 20.00 mm', en: 'crack 22.40 mm ≥ 20.00 mm' },
    evidence: {
      sensorId: 'crack-1',
      quantity: 'displacement',
      measure: 'value',
      windowMs: null,
      value: 2_240,
      limit: 2_000,
      limits: [
        { level: 'blue', limit: 500 },
        { level: 'yellow', limit: 1_000 },
        { level: 'orange', limit: 2_000 },
        { level: 'red', limit: 3_000 },
      ],
      coverage: null,
    },
  };
}

export function fakeAlert(over: Partial<Alert> = {}): Alert {
  const raisedAtMs = over.raisedAtMs ?? Date.parse('2026-06-01T08:00:00Z');
  const gridCode = over.gridCode ?? '999900001001';
  return {
    id: 'a-1',
    subject: { kind: 'point', id: 'slope-1' },
    hazard: 'landslide',
    origin: 'simulated',
    gridCode,
    level: 'orange',
    lifecycle: 'raised',
    condition: 'active',
    shelvedUntilMs: null,
    raisedAtMs,
    round: 1,
    acknowledged: null,
    closedAtMs: null,
    recipients: [
      {
        personId: 'p-head',
        name: '褚卫',
        tier: 3,
        gridCode,
        post: 'head',
        reason: { zh: '上坪村网格长，本村预警', en: 'head of Shangping, alert in the village' },
      },
      {
        personId: 'p-member',
        name: '陈小山',
        tier: 3,
        gridCode,
        post: 'member',
        reason: { zh: '上坪村网格员，本村预警', en: 'member of Shangping, alert in the village' },
      },
      {
        personId: 'p-town',
        name: '吴敏',
        tier: 2,
        gridCode: '999900001',
        post: 'duty',
        reason: { zh: '青石镇值班，黄色及以上', en: 'on duty at Qingshi, yellow and above' },
      },
      {
        personId: 'p-county',
        name: '周建国',
        tier: 1,
        gridCode: '999900',
        post: 'duty',
        reason: { zh: '县值班，橙色及以上', en: 'on duty at the county, orange and above' },
      },
    ],
    conditions: [crackCondition('orange', raisedAtMs)],
    version: 0,
    ...over,
  };
}

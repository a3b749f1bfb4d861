/** Readings into a flow. */
import type { Field, NodeSpec } from '../spec.ts';
import { GRIDS_FIELD, SERVER_FIELD } from './fields.ts';

const names = (name: string, zh: string, en: string): Field => ({
  ...{ kind: 'text', name, label: { zh, en }, default: '' },
  pattern: '^[0-9A-Za-z_.,，、;；\\s-]*$',
});

export const READINGS_IN: NodeSpec = {
  type: 'fengsui-readings-in',
  label: { zh: '读数输入', en: 'readings in' },
  icon: 'feed.svg',
  inputs: 0,
  outputLabels: [
    { zh: '有值的读数', en: 'a reading with a value' },
    { zh: '没有值的读数', en: 'a reading without one' },
  ],
  fields: [
    SERVER_FIELD,
    {
      kind: 'choice',
      name: 'via',
      label: { zh: '从哪里来', en: 'By way of' },
      default: 'stream',
      options: [
        { value: 'stream', label: { zh: '值班台', en: 'the console' } },
        { value: 'mqtt', label: { zh: 'MQTT', en: 'MQTT' } },
      ],
    },
    GRIDS_FIELD,
    names('points', '隐患点', 'Points'),
    names('sensors', '传感器', 'Sensors'),
    names('quantities', '监测量', 'Quantities'),
    { kind: 'flag', name: 'drill', label: { zh: '包括演练', en: 'Drills too' }, default: false },
    { kind: 'flag', name: 'simulated', label: { zh: '包括模拟', en: 'Simulated too' }, default: false },
    { kind: 'flag', name: 'replay', label: { zh: '包括回放', en: 'Replays too' }, default: false },
  ],
  help: {
    about: {
      zh: '把烽燧的读数送进流程，每个传感器的新读数一条消息。',
      en: 'Brings Fengsui’s readings into a flow: a message for each new reading of a sensor.',
    },
    outputs: [
      [
        { name: 'payload', type: 'number', text: { zh: '以该量单位计的值', en: 'The value, in the quantity’s unit' } },
        {
          name: 'reading',
          type: 'object',
          text: {
            zh: 'sensorId、pointId、gridCode、quantity、unit、value、quality（good 好，suspect 可疑）、atMs、origin、flags',
            en: 'sensorId, pointId, gridCode, quantity, unit, value, quality (good or suspect), atMs, origin, flags',
          },
        },
        { name: 'topic', type: 'string', text: { zh: 'reading/网格/点/传感器', en: 'reading/GRID/POINT/SENSOR' } },
      ],
      [
        {
          name: 'reading',
          type: 'object',
          text: {
            zh: 'quality 为 bad，reason 说明原因；没有 payload，也绝不是 0',
            en: 'Its quality is bad and reason says why; there is no payload, and never a 0',
          },
        },
      ],
    ],
    details: [
      {
        zh: '只送实况，除非勾选。各栏可填多个，用逗号分开；网格编码包括下级，不填为全部。',
        en: 'Live readings only, unless others are ticked. Several names are separated by commas; a grid code includes what lies below it; empty means all.',
      },
      {
        zh: '读数经过合并：同一点一秒最多一条，断线期间的不补送。要每一条，用历史接口或数据库。',
        en: 'Readings are conflated, at most one a point and second when nothing moved, and none is made up for after a break. Whoever needs every reading asks the history or the database.',
      },
      {
        zh: '经 MQTT 时，量、单位和来源由值班台补上；问到之前这些传感器的读数不送出。',
        en: 'Over MQTT the console adds quantity, unit and origin; until it has said them, readings of such sensors wait.',
      },
    ],
  },
  words: {},
};

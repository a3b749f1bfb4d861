/** A scenario is played into a flow. */
import type { NodeSpec } from '../spec.ts';

export const SCENARIO_PLAYER: NodeSpec = {
  type: 'fengsui-scenario-player',
  label: { zh: '场景播放', en: 'scenario player' },
  icon: 'function.svg',
  inputs: 1,
  outputLabels: [
    { zh: '模拟读数', en: 'a simulated reading' },
    { zh: '开始与结束', en: 'begin and end' },
  ],
  fields: [
    { kind: 'long', name: 'scenario', label: { zh: '场景', en: 'Scenario' }, default: '' },
    { kind: 'number', name: 'speed', label: { zh: '倍速', en: 'Speed' }, default: 1, min: 0.1, max: 10_000 },
    { kind: 'number', name: 'everyS', label: { zh: '每隔（秒）', en: 'Every (s)' }, default: 10, min: 0.1, max: 3_600 },
    {
      kind: 'number',
      name: 'lengthS',
      label: { zh: '时长（秒）', en: 'Length (s)' },
      default: 600,
      min: 1,
      max: 604_800,
    },
  ],
  help: {
    about: {
      zh: '把场景里的值按时间送进流程，可变速、暂停、停止；全部标为模拟。',
      en: 'Plays a scenario’s values into a flow in their time, faster or slower, with pause and stop; all of them marked simulated.',
    },
    inputs: [
      {
        name: 'payload',
        type: 'string',
        text: { zh: 'start、pause、resume、stop、speed', en: 'start, pause, resume, stop or speed' },
      },
      { name: 'speed', type: 'number', text: { zh: '0.1 到 10000 倍', en: '0.1 to 10,000 times' } },
      {
        name: 'scenario',
        type: 'string | object | array',
        text: {
          zh: '[{afterMs, sensor, value}]，或仿真器的格式（YAML）；没有时用设置的',
          en: '[{afterMs, sensor, value}], or the simulators’ form (YAML); without it the one that is set',
        },
      },
    ],
    outputs: [
      [
        {
          name: 'payload',
          type: 'number',
          text: { zh: '值；没有值时没有 payload', en: 'The value; absent when there is none' },
        },
        {
          name: 'reading',
          type: 'object',
          text: {
            zh: 'sensorId、value、quality、atMs、origin: simulated',
            en: 'sensorId, value, quality, atMs, origin: simulated',
          },
        },
      ],
      [
        {
          name: 'payload',
          type: 'string',
          text: {
            zh: 'started、paused、resumed、stopped、finished',
            en: 'started, paused, resumed, stopped or finished',
          },
        },
        { name: 'played, of', type: 'number', text: { zh: '已播与总数', en: 'How many were played, of how many' } },
      ],
    ],
    details: [
      {
        zh: '仿真器格式里可播 constant、ramp、creep、sine、timeline，不含噪声；其他种类和故障用 fengsui simulate。值每隔设定的秒数取一次。',
        en: 'Of the simulators’ form constant, ramp, creep, sine and timeline are played, without noise; other kinds and faults are for fengsui simulate. Values are taken at the interval that is set.',
      },
      {
        zh: '送出的读数标为模拟。读数输出只让它进模拟网关；广播申请一概拒绝。',
        en: 'What it sends is marked simulated: readings out lets it into a simulated gateway only, and broadcast out refuses it.',
      },
    ],
  },
  words: {
    playing: { zh: '播放中', en: 'playing' },
    started: { zh: '已开始', en: 'started' },
    paused: { zh: '已暂停', en: 'paused' },
    resumed: { zh: '继续', en: 'resumed' },
    stopped: { zh: '已停止', en: 'stopped' },
    finished: { zh: '已播完', en: 'finished' },
  },
};

/** The functions of SL 651-2014 (table of function codes): names, and what their bodies hold. */
import type { Text } from '../../model/text.ts';

/**
 * `times`: serial and time only. `elements`: elements after the station's address and class. `bare`: elements without a
 * class. `events`: 32 counters. `raw`: bytes that this system does not take apart.
 */
export type BodyKind = 'times' | 'elements' | 'bare' | 'events' | 'raw';

export type Sl651Function = { readonly name: Text; readonly body: BodyKind };

const row = (zh: string, en: string, body: BodyKind): Sl651Function => ({ name: { zh, en }, body });

export const SL651_FUNCTIONS: { readonly [code: string]: Sl651Function } = {
  '2F': row('链路维持报', 'keep-alive', 'times'),
  '30': row('测试报', 'test report', 'elements'),
  '31': row('均匀时段水文信息报', 'uniform series', 'elements'),
  '32': row('定时报', 'timed report', 'elements'),
  '33': row('加报报', 'extra report', 'elements'),
  '34': row('小时报', 'hourly report', 'elements'),
  '35': row('人工置数报', 'manual numbers', 'elements'),
  '36': row('图片报', 'picture', 'elements'),
  '37': row('查询实时数据', 'real-time query', 'elements'),
  '38': row('查询时段数据', 'period query', 'elements'),
  '39': row('查询人工置数', 'manual numbers query', 'elements'),
  '3A': row('查询指定要素', 'element query', 'elements'),
  '40': row('修改基本配置', 'write basic configuration', 'raw'),
  '41': row('读取基本配置', 'read basic configuration', 'raw'),
  '42': row('修改运行参数', 'write runtime parameters', 'raw'),
  '43': row('读取运行参数', 'read runtime parameters', 'raw'),
  '44': row('查询水泵电机数据', 'pump data', 'elements'),
  '45': row('查询软件版本', 'software version', 'raw'),
  '46': row('查询状态和报警信息', 'status and alarms', 'bare'),
  '47': row('初始化固态存储', 'clear the storage', 'raw'),
  '48': row('恢复出厂设置', 'factory reset', 'raw'),
  '49': row('修改密码', 'change the password', 'bare'),
  '4A': row('设置时钟', 'set the clock', 'raw'),
  '4B': row('设置IC卡状态', 'IC card', 'raw'),
  '4C': row('控制水泵', 'pump control', 'raw'),
  '4D': row('控制阀门', 'valve control', 'raw'),
  '4E': row('控制闸门', 'gate control', 'raw'),
  '4F': row('水量定值控制', 'water quota', 'raw'),
  '50': row('查询事件记录', 'event log', 'events'),
  '51': row('查询时钟', 'clock query', 'raw'),
};

/** User functions (E0H–FFH) and anything unknown are kept as bytes. */
export const bodyKindOf = (func: string): BodyKind => SL651_FUNCTIONS[func]?.body ?? 'raw';

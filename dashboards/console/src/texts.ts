/** Every text of the page, Chinese first; one table, so that a missing translation cannot compile. */
import type { Alert, AlertEvent, Delivery, Recipient } from '#model/alert.ts';
import type { Origin } from '#model/reading.ts';
import type { AlertHazard, HazardPoint, Tier } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { Transition } from '#model/transition.ts';

const t = (zh: string, en: string): Text => ({ zh, en });

export const UI = {
  title: t('烽燧 · 监测预警', 'Fengsui · monitoring and warning'),
  signInTitle: t('值班登录', 'Duty sign-in'),
  user: t('人员编号或手机号', 'Person id or telephone'),
  password: t('密码', 'Password'),
  signIn: t('登录', 'Sign in'),
  signOut: t('退出', 'Sign out'),
  signInFailed: t('账号或密码不对。', 'User or password is wrong.'),
  tooMany: t('尝试过多，请一分钟后再试。', 'Too many tries; wait a minute.'),
  unreachable: t('连不上服务器。', 'The server cannot be reached.'),
  motto: t('从寄存器到应答的人，一条不丢', 'From a register to a person who answers'),
  live: t('实时连接', 'live'),
  connecting: t('正在连接', 'connecting'),
  openAlerts: t('未办结预警', 'Open alerts'),
  noAlerts: t('当前没有未办结预警', 'There are no open alerts'),
  map: t('网格图', 'Map of grids'),
  grids: t('网格概况', 'Grids'),
  grid: t('网格', 'Grid'),
  worst: t('最高级别', 'Worst level'),
  count: t('预警数', 'Alerts'),
  raised: t('触发', 'raised'),
  raisedAt: t('触发时间', 'Raised at'),
  acknowledgedBy: t('确认人', 'Acknowledged by'),
  nobodyYet: t('无人确认', 'not acknowledged'),
  why: t('为什么报警', 'Why it was raised'),
  rule: t('规则', 'rule'),
  chart: t('触发的读数与阈值', 'Readings and thresholds'),
  recent: t('最近读数', 'Recent readings'),
  noReadings: t('这段时间没有读数', 'There are no readings in this time'),
  loading: t('正在读取…', 'Loading…'),
  recipients: t('通知对象', 'Who is told, and why'),
  name: t('姓名', 'Name'),
  time: t('时间', 'Time'),
  tier: t('层级', 'Tier'),
  reason: t('原因', 'Reason'),
  delivery: t('送达', 'Delivery'),
  timeline: t('过程记录', 'Timeline'),
  actions: t('处置', 'Actions'),
  note: t('备注（可空）', 'Note (optional)'),
  acknowledge: t('确认收到', 'Acknowledge'),
  handle: t('开始处置', 'Start handling'),
  close: t('办结', 'Close'),
  falseAlarm: t('误报', 'False alarm'),
  addNote: t('加备注', 'Add note'),
  sureClose: t('再按一次：确定办结', 'Press again to close'),
  sureFalse: t('再按一次：确定为误报', 'Press again: false alarm'),
  queued: t('已记下，预警服务恢复后生效。', 'Written down; it takes effect when the alert service is back.'),
  done: t('已完成。', 'Done.'),
  outsideGrid: t('不在您任职的网格内。', 'This lies outside your grids.'),
  wrongPost: t('您的岗位不能做此操作。', 'Your posts do not allow this.'),
  failed: t('没有成功，请重试。', 'That failed; try again.'),
  back: t('返回', 'Back'),
  sensors: t('传感器', 'Sensors'),
  noReading: t('无读数', 'no reading'),
  stale: t('数据中断', 'data lost'),
  suspect: t('存疑', 'suspect'),
  bad: t('无效', 'no value'),
  households: t('需转移户', 'Households to move'),
  people: t('人', 'people'),
  legend: t('图例', 'Legend'),
  offline: t('空心：数据中断', 'hollow: data lost'),
  by: t('操作人', 'by'),
  zoomIn: t('放大', 'Zoom in'),
  zoomOut: t('缩小', 'Zoom out'),
  points: t('监测点', 'Points'),
  workDesk: t('工作台', 'Work desk'),
  dutyDesk: t('值班台', 'Duty desk'),
  doWhat: t('操作', 'Do'),
  open: t('打开', 'Open'),
  cancel: t('取消', 'Cancel'),
  confirmAgain: t('再按一次确定', 'Press again to confirm'),
  nothingHere: t('没有记录', 'Nothing here'),
  selectHint: t('点选左侧预警或图上的点查看详情', 'Select an alert or a point for details'),
} as const satisfies { readonly [key: string]: Text };
export type UiKey = keyof typeof UI;

export const disconnected = (seconds: number): Text =>
  t(
    `与服务器断开 ${seconds} 秒，画面不是最新`,
    `Disconnected from the server for ${seconds} s; the page is not current`,
  );

export const ORIGIN_BANNER: { readonly [O in Exclude<Origin, 'live'>]: Text } = {
  simulated: t('模拟数据', 'SIMULATED DATA'),
  replay: t('历史回放', 'REPLAYED DATA'),
  drill: t('演练', 'DRILL'),
};
/** The short mark on each alert that is not live. */
export const ORIGIN_MARK: { readonly [O in Exclude<Origin, 'live'>]: Text } = {
  simulated: t('模拟', 'simulated'),
  replay: t('回放', 'replay'),
  drill: t('演练', 'drill'),
};
export const BANNER_TAIL = t('本页含非实况数据，不代表真实险情', 'this page shows data that are not live');
/** A page that shows both must not call a real alert unreal. */
export const BANNER_TAIL_MIXED = t(
  '带此标记的预警不是真实险情；无标记的是实况',
  'alerts with this mark are not live; those without it are',
);

export const LIFECYCLE: { readonly [L in Alert['lifecycle']]: Text } = {
  raised: t('待确认', 'raised'),
  acknowledged: t('已确认', 'acknowledged'),
  handling: t('处置中', 'handling'),
  closed: t('已办结', 'closed'),
  falseAlarm: t('误报', 'false alarm'),
};
export const CONDITION: { readonly [C in Alert['condition']]: Text } = {
  active: t('持续中', 'active'),
  cleared: t('已消退', 'cleared'),
  dataLost: t('数据中断', 'data lost'),
};
export const SITE: { readonly [S in Transition['site']]: Text } = {
  centre: t('中心判定', 'judged at the centre'),
  edge: t('边缘网关就地判定', 'judged on the spot by the gateway'),
};
/** Parts of the system that write into the record; whoever is not named here is a person or a gateway. */
export const PART: { readonly [part: string]: Text } = {
  rules: t('中心规则', 'rules at the centre'),
  edge: t('边缘网关', 'the gateway'),
  alerts: t('预警服务', 'the alert service'),
};
export const HAZARD: { readonly [H in AlertHazard]: Text } = {
  landslide: t('滑坡', 'landslide'),
  rainstorm: t('暴雨', 'rainstorm'),
  flood: t('洪水', 'flood'),
  fire: t('火灾', 'fire'),
  intrusion: t('入侵', 'intrusion'),
  other: t('其他', 'other'),
  unanswered: t('无人应答', 'nobody answers'),
  equipment: t('设备', 'equipment'),
};
export const POINT_KIND: { readonly [K in HazardPoint['kind']]: Text } = {
  slope: t('边坡', 'slope'),
  reservoir: t('水库', 'reservoir'),
  river: t('河道', 'river'),
  'rain-station': t('雨量站', 'rain station'),
  warehouse: t('仓库', 'warehouse'),
};
export const TIER: { readonly [T in Tier]: Text } = {
  1: t('县', 'county'),
  2: t('乡镇', 'township'),
  3: t('村社', 'village'),
  4: t('组', 'group'),
};
export const POST: { readonly [P in Recipient['post']]: Text } = {
  head: t('网格长', 'head'),
  deputy: t('副网格长', 'deputy'),
  manager: t('管理员', 'manager'),
  member: t('网格员', 'member'),
  dispatcher: t('调度员', 'dispatcher'),
  information: t('信息员', 'information'),
  duty: t('值班', 'on duty'),
  household: t('转移户', 'household'),
  team: t('队伍', 'team'),
};
export const EVENT: { readonly [K in AlertEvent['kind']]: Text } = {
  raised: t('触发', 'raised'),
  levelChanged: t('级别变化', 'level changed'),
  conditionChanged: t('状态变化', 'condition changed'),
  lateFinding: t('迟到发现', 'late finding'),
  targeted: t('确定通知对象', 'recipients chosen'),
  deliveryClaimed: t('开始发送', 'sending'),
  deliveryResult: t('发送结果', 'delivery'),
  acknowledged: t('确认收到', 'acknowledged'),
  handling: t('开始处置', 'handling'),
  closed: t('办结', 'closed'),
  falseAlarm: t('误报', 'false alarm'),
  shelved: t('搁置', 'shelved'),
  unshelved: t('取消搁置', 'no longer shelved'),
  reset: t('复位', 'reset'),
  suppressed: t('被上级抑制', 'suppressed by its parent'),
  call: t('叫应', 'call and confirm'),
  nobodyReached: t('无人应答', 'nobody reached'),
  evacuation: t('转移', 'evacuation'),
  warning: t('区域预警', 'area warning'),
  report: t('上报抄告', 'report upwards'),
  drill: t('演练', 'drill'),
  roster: t('值班', 'duty'),
  access: t('查阅个人信息', 'personal data read'),
  channel: t('渠道', 'channel'),
  note: t('备注', 'note'),
  refused: t('被拒绝', 'refused'),
  edgeAct: t('现场动作', 'act on the spot'),
  doubt: t('数据存疑', 'data doubted'),
};
export const DELIVERY: { readonly [S in Delivery['state']]: Text } = {
  queued: t('待发', 'queued'),
  claimed: t('发送中', 'sending'),
  sent: t('已发', 'sent'),
  delivered: t('已达', 'delivered'),
  heard: t('已听', 'heard'),
  read: t('已读', 'read'),
  answered: t('已应', 'answered'),
  cannot: t('无法前往', 'cannot'),
  silent: t('未应', 'silent'),
  stopped: t('不再需要', 'not needed any more'),
  failed: t('失败', 'failed'),
  unknown: t('不明', 'unknown'),
  refused: t('拒收', 'refused'),
};
/** Level one is the gravest. */
export const LEVEL_LABEL = {
  red: t('红色 Ⅰ级', 'Red I'),
  orange: t('橙色 Ⅱ级', 'Orange II'),
  yellow: t('黄色 Ⅲ级', 'Yellow III'),
  blue: t('蓝色 Ⅳ级', 'Blue IV'),
  none: t('无预警', 'none'),
} as const;

export const measureText = (measure: string, windowMs: number | null): Text => {
  const hours = windowMs === null ? 0 : windowMs / 3_600_000;
  const zh = hours >= 1 ? `${hours} 小时` : `${hours * 60} 分钟`;
  const en = hours >= 1 ? `${hours} h` : `${hours * 60} min`;
  if (measure === 'rollingSum') return t(`近 ${zh}累计`, `sum over ${en}`);
  if (measure === 'rate') return t(`近 ${zh}变化率（每小时）`, `rate over ${en}, per hour`);
  return t('实测', 'measured');
};

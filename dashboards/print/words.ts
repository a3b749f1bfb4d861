/** What stands on cards, maps and tables, zh-CN and en. */
import type { Level } from '#model/level.ts';
import type { GridKind, HazardPoint, Post } from '#model/registry.ts';
import type { Text } from '#model/text.ts';

const both = (zh: string, en: string): Text => ({ zh, en });

export const WORDS = {
  drill: both('演练', 'DRILL'),
  card: both('防灾工作明白卡', 'Hazard point card'),
  householdCard: both('避险明白卡', 'Household evacuation card'),
  map: both('网格防灾挂图', 'Grid wall map'),
  table: both('网格台账', 'Grid table'),
  point: both('隐患点', 'Hazard point'),
  points: both('隐患点', 'Hazard points'),
  place: both('所在网格', 'Grid'),
  position: both('经纬度', 'Longitude, latitude'),
  kind: both('类型', 'Kind'),
  risk: both('风险等级', 'Risk grade'),
  threatened: both('受威胁', 'Threatened'),
  households: both('户', 'households'),
  people: both('人', 'people'),
  sensors: both('监测设备', 'Sensors'),
  whoToCall: both('责任人与电话', 'Who to call'),
  post: both('岗位', 'Post'),
  name: both('姓名', 'Name'),
  phone: both('电话', 'Telephone'),
  signals: both('预警信号与行动', 'Warning colours and what to do'),
  signal: both('报警方式', 'How you are warned'),
  signalText: both(
    '电话、短信、广播喇叭、警报器、鸣锣或上门通知；听到任意一种即行动，夜间不等第二次通知',
    'telephone, text message, loudspeaker, siren, gong or a knock at the door: act on the first of them, at night do not wait for a second',
  ),
  routes: both('转移路线', 'Way out'),
  shelters: both('避难场所', 'Shelters'),
  shelter: both('避难场所', 'Shelter'),
  capacity: both('容量', 'Holds'),
  keeper: both('管理人', 'Keeper'),
  address: both('地址', 'Address'),
  householdList: both('转移户名单', 'Households to be evacuated'),
  household: both('户主', 'Household'),
  count: both('人数', 'People'),
  help: both('需帮助', 'Needs help'),
  caller: both('通知人', 'Called by'),
  gridHead: both('网格长', 'Grid head'),
  what: both('怎么做', 'What to do'),
  never: both('不要', 'Never'),
  emergency: both('紧急电话', 'Emergency'),
  emergencyText: both('火警 119 · 急救 120 · 报警 110', 'fire 119 · ambulance 120 · police 110'),
  none: both('未登记', 'none on record'),
  masked: both(
    '电话与住户信息已隐去，由负责人打印完整版',
    'telephones and households are masked; those who answer for the grid print them in full',
  ),
  printed: both('打印', 'printed'),
  version: both('台账版本', 'registry'),
  code: both('编码', 'Code'),
  grids: both('网格', 'Grids'),
  posts: both('岗位名册', 'Posts'),
  legend: both('图例', 'Legend'),
  north: both('北', 'N'),
  more: both('另有', 'and'),
  moreEnd: both('项未列出', 'more that are not listed'),
  noBoundary: both('无边界数据', 'no boundary on record'),
} as const satisfies { readonly [key: string]: Text };

export const POST_WORDS: { readonly [P in Post]: Text } = {
  head: both('网格长', 'head'),
  deputy: both('副网格长', 'deputy head'),
  manager: both('网格管理员', 'manager'),
  member: both('网格员', 'grid member'),
  dispatcher: both('调度员', 'dispatcher'),
  information: both('信息员', 'information officer'),
};

export const RISK_WORDS: { readonly [R in HazardPoint['riskGrade']]: Text } = {
  major: both('重大', 'major'),
  larger: both('较大', 'larger'),
  general: both('一般', 'general'),
  low: both('低', 'low'),
};

export const KIND_WORDS: { readonly [K in HazardPoint['kind']]: Text } = {
  slope: both('斜坡（滑坡、崩塌）', 'slope (landslide, rockfall)'),
  reservoir: both('水库', 'reservoir'),
  river: both('河道', 'river'),
  'rain-station': both('雨量站', 'rain station'),
  warehouse: both('仓库', 'warehouse'),
};

export const GRID_WORDS: { readonly [K in GridKind]: Text } = {
  county: both('县', 'county'),
  township: both('乡镇', 'township'),
  park: both('园区', 'park'),
  village: both('村', 'village'),
  community: both('社区', 'community'),
  enterprise: both('企业', 'enterprise'),
  group: both('组', 'group'),
};

/** By level, the worst first. */
export const ACTIONS: readonly (readonly [Level, Text])[] = [
  ['red', both('立即转移，先人后物，听从网格员指挥', 'leave at once, people before things, follow the grid member')],
  [
    'orange',
    both('准备转移：老幼病残先走，其余随时待命', 'get ready: those who need help leave now, the others stand by'),
  ],
  ['yellow', both('加强巡查，收拾必需品，保持电话畅通', 'watch closely, pack what you need, keep the telephone on')],
  ['blue', both('注意天气和坡面、水位变化', 'mind the weather and the slope or the water')],
];

const WATER: Text = both('往高处走，离开河道和低洼处', 'go to higher ground, away from the river and hollows');
export const DO: { readonly [K in HazardPoint['kind']]: Text } = {
  slope: both(
    '关电关气，按转移路线往两侧走，带上老人小孩，到避难场所登记',
    'turn off power and gas, take the way out sideways, bring the old and the young, report at the shelter',
  ),
  reservoir: WATER,
  river: WATER,
  'rain-station': WATER,
  warehouse: both(
    '弯腰捂鼻，沿疏散指示走楼梯，到集合点报到',
    'stay low, follow the exit signs by the stairs, report at the meeting point',
  ),
};
export const NEVER: { readonly [K in HazardPoint['kind']]: Text } = {
  slope: both(
    '不要顺着滑动方向跑，不要返回取物；没有返回指令不回家',
    'run with the slide, go back for things, or go home before the order to return',
  ),
  reservoir: both('不要涉水过桥；没有返回指令不回家', 'wade or cross a bridge, or go home before the order to return'),
  river: both('不要涉水过桥；没有返回指令不回家', 'wade or cross a bridge, or go home before the order to return'),
  'rain-station': both('不要涉水；没有返回指令不回家', 'wade, or go home before the order to return'),
  warehouse: both('不要乘电梯，不要返回取物', 'use the lift, or go back for things'),
};

/** A canvas marker with the shape of its kind; Leaflet itself draws circles only. */
import L from 'leaflet';
import type { HazardPoint } from '#model/registry.ts';
import { SHAPES } from './shapes.ts';

export type MarkerLook = {
  readonly label: string;
  readonly kind: HazardPoint['kind'];
  readonly colour: string;
  readonly hollow: boolean;
  readonly selected: boolean;
};

/** What Leaflet's canvas renderer gives a path to draw with. */
type Inner = {
  readonly _renderer: { readonly _ctx: CanvasRenderingContext2D; readonly _drawing: boolean };
  readonly _point: { readonly x: number; readonly y: number };
  readonly _radius: number;
};

export class PointMarker extends L.CircleMarker {
  look: MarkerLook;

  constructor(at: L.LatLngExpression, look: MarkerLook) {
    super(at, { radius: 8, interactive: true });
    this.look = look;
  }

  setLook(look: MarkerLook): void {
    this.look = look;
    this.redraw();
  }

  _updatePath(): void {
    const { _renderer: renderer, _point: centre, _radius: radius } = this as unknown as Inner;
    if (!renderer._drawing) return;
    const { _ctx: ctx } = renderer;
    const { kind, colour, hollow, selected } = this.look;
    const size = selected ? radius * 1.35 : radius * 0.95;
    ctx.save();
    ctx.beginPath();
    for (const [index, [x, y]] of SHAPES[kind].entries()) {
      if (index === 0) ctx.moveTo(centre.x + x * size, centre.y + y * size);
      else ctx.lineTo(centre.x + x * size, centre.y + y * size);
    }
    ctx.closePath();
    ctx.fillStyle = hollow ? 'rgba(255, 255, 255, 0.85)' : colour;
    ctx.fill();
    ctx.lineWidth = selected ? 3 : 1.75;
    ctx.strokeStyle = selected ? '#0b1520' : hollow ? '#6c7a87' : '#ffffff';
    ctx.stroke();
    ctx.restore();
  }
}

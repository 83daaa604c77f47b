/** Colours as SVG Tiny writes them: `#rgb`, `#rrggbb` or one of sixteen names, with the transparency apart. */

/** The colour names of HTML 4, which SVG Tiny 1.2 §11.13 has; the others of CSS become numbers. */
const namesOfTiny = new Set(
  'aqua black blue fuchsia gray green lime maroon navy olive purple red silver teal white yellow'.split(' '),
);

/** No colour is longer; patterns over foreign text stay short. */
const maxCharacters = 200;

export interface Colour {
  /** As the result writes it; unchanged where it may stay. */
  readonly text: string;
  /** 0 to 1. */
  readonly alpha: number;
}

/** `names` maps CSS colour names to `#rrggbb`. `undefined` for what cannot be read: `lab()`, `color-mix()` and the like. */
export function readColour(value: string, names: Readonly<Record<string, string>>): Colour | undefined {
  if (value.length > maxCharacters) return undefined;
  const text = value.trim().replace(/\s*icc-color\([^)]*\)\s*$/, '');
  const lower = text.toLowerCase();
  if (lower === 'transparent') return { text: 'none', alpha: 0 };
  if (namesOfTiny.has(lower)) return { text: text === lower ? text : lower, alpha: 1 };
  if (/^[a-z]+$/.test(lower)) {
    const named = Object.hasOwn(names, lower) ? names[lower] : undefined;
    return named === undefined ? undefined : { text: named, alpha: 1 };
  }
  if (/^#([0-9a-f]{3}|[0-9a-f]{6})$/.test(lower)) return { text, alpha: 1 };
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])([0-9a-f])$/.exec(lower);
  if (short) return { text: `#${short[1]}${short[2]}${short[3]}`, alpha: parseInt(`${short[4]}${short[4]}`, 16) / 255 };
  const long = /^#([0-9a-f]{6})([0-9a-f]{2})$/.exec(lower);
  if (long) return { text: `#${long[1]}`, alpha: parseInt(long[2] ?? '', 16) / 255 };
  return fromFunction(lower);
}

function fromFunction(text: string): Colour | undefined {
  const call = /^(rgba?|hsla?)\(([^()]*)\)$/.exec(text);
  const parts = call?.[2]?.split(/[\s,/]+/).filter(Boolean) ?? [];
  if (!call || parts.length < 3 || parts.length > 4) return undefined;
  const alpha = parts[3] === undefined ? 1 : shareOf(parts[3], 1);
  if (alpha === undefined) return undefined;
  const [a = '', b = '', c = ''] = parts;
  const channels = call[1]?.startsWith('rgb') ? [a, b, c].map((part) => shareOf(part, 255)) : fromHsl(a, b, c);
  if (channels.length !== 3 || channels.includes(undefined)) return undefined;
  const octets = channels.map((share) => Math.round(Math.min(1, Math.max(0, share ?? 0)) * 255));
  return { text: hexOf(octets), alpha: Math.min(1, Math.max(0, alpha)) };
}

const hexOf = (octets: readonly number[]): string =>
  `#${octets.map((octet) => octet.toString(16).padStart(2, '0')).join('')}`;

/** `50%` or a number of `whole` as a share of 1. */
function shareOf(text: string, whole: number): number | undefined {
  const match = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)(%?)$/.exec(text);
  return match ? Number(match[1]) / (match[2] === '%' ? 100 : whole) : undefined;
}

/** CSS Color 4 §7. */
function fromHsl(hueText: string, saturationText: string, lightText: string): readonly (number | undefined)[] {
  const hueMatch = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(deg|rad|turn|grad)?$/.exec(hueText);
  const saturation = shareOf(saturationText, 100);
  const light = shareOf(lightText, 100);
  if (!hueMatch || saturation === undefined || light === undefined) return [];
  const factor = { deg: 1, rad: 180 / Math.PI, turn: 360, grad: 0.9 }[hueMatch[2] ?? 'deg'] ?? 1;
  const hue = (((Number(hueMatch[1]) * factor) % 360) + 360) % 360;
  const strength = saturation * Math.min(light, 1 - light);
  return [0, 8, 4].map((offset) => {
    const step = (offset + hue / 30) % 12;
    return light - strength * Math.max(-1, Math.min(step - 3, 9 - step, 1));
  });
}

/** Random drawings out of what drawing programs write, for comparing pictures before and after the conversion. */

/** A drawing of 100 by 100 (or not square), with style sheets, gradients, groups, copies and transparency. */
export function randomDrawing(random: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const number = (from: number, to: number): string => (from + random() * (to - from)).toFixed(1);
  const maybe = (chance: number, text: () => string): string => (random() < chance ? text() : '');
  const [width, height] = pick([
    [100, 100],
    [100, 60],
    [50, 100],
  ] as const);
  const transform = (): string =>
    pick([
      () => `translate(${number(-20, 20)} ${number(-20, 20)})`,
      () => `rotate(${number(-60, 60)},${number(0, 100)},${number(0, 60)})`,
      () => `scale(${number(0.4, 1.4)})`,
      () => `scale(${number(0.4, 1.4)},${number(0.4, 1.2)})`,
      () => `skewX(${number(-30, 30)})`,
      () =>
        `matrix(${[number(0.5, 1.2), number(-0.5, 0.5), number(-0.5, 0.5), number(0.5, 1.2), number(-9, 30), number(-9, 30)].join(',')})`,
    ])();
  const colour = (): string =>
    pick([
      '#c03',
      '#08f8',
      'rgb(20,120,40)',
      'rgba(250,200,0,.6)',
      'hsl(280 60% 40%)',
      'tomato',
      'none',
      'currentColor',
      'url(#g0)',
      'url(#g1)',
      'url(#g2)',
      'url(#g3)',
      'inherit',
    ]);
  const style = (): string => {
    const parts: readonly (readonly [string, string])[] = [
      ...(random() < 0.7 ? [['fill', colour()] as const] : []),
      ...(random() < 0.3 ? [['stroke', colour()] as const] : []),
      ...(random() < 0.3 ? [['stroke-width', pick(['2', '.5mm', '3%'])] as const] : []),
      ...(random() < 0.2 ? [['fill-opacity', pick(['.5', '80%', '1'])] as const] : []),
      ...(random() < 0.15 ? [['opacity', pick(['.5', '0.9', '70%', '1'])] as const] : []),
      ...(random() < 0.1 ? [['fill-rule', 'evenodd'] as const] : []),
      ...(random() < 0.1 ? [['stroke-linejoin', 'round'] as const] : []),
      ...(random() < 0.06 ? [['visibility', pick(['hidden', 'visible'])] as const] : []),
      ...(random() < 0.04 ? [['display', 'none'] as const] : []),
      ...(random() < 0.08 ? [['paint-order', 'stroke'] as const] : []),
      ...(random() < 0.1 ? [['color', 'navy'] as const] : []),
    ];
    const asCss = random() < 0.4;
    return (
      (asCss
        ? maybe(parts.length, () => ` style="${parts.map(([name, value]) => `${name}:${value}`).join(';')}"`)
        : parts.map(([name, value]) => ` ${name}="${value}"`).join('')) +
      maybe(0.2, () => ` class="${pick(['a', 'b', 'a b'])}"`) +
      maybe(0.25, () => ` transform="${transform()}"`)
    );
  };
  const data = (): string => {
    let d = `M${number(10, 60)} ${number(10, 40)}`;
    for (let i = 0; i < 4; i++) {
      d += pick([
        () => `l${number(-20, 20)} ${number(-20, 20)}`,
        () => `h${number(-20, 20)}`,
        () => `V${number(10, 50)}`,
        () => `c${[0, 1, 2, 3, 4, 5].map(() => number(-20, 20)).join(' ')}`,
        () => `s${[0, 1, 2, 3].map(() => number(-20, 20)).join(',')}`,
        () => `q${[0, 1, 2, 3].map(() => number(-20, 20)).join(' ')}t${number(-9, 9)} ${number(-9, 9)}`,
        () =>
          `a${number(5, 20)} ${number(5, 20)} ${number(0, 90)} ${pick(['0 0', '01', '10', '1,1'])} ${number(-20, 20)} ${number(-20, 20)}`,
      ])();
    }
    return d + pick(['z', 'Z', '']);
  };
  const shape = (): string =>
    pick([
      () =>
        `<rect x="${number(0, 50)}" y="${number(0, 30)}" width="${pick([number(10, 40), '30%'])}" height="${number(10, 30)}"${maybe(0.4, () => ` rx="${number(1, 9)}"`)}${style()}/>`,
      () => `<circle cx="${pick([number(20, 60), '50%'])}" cy="${number(15, 45)}" r="${number(5, 18)}"${style()}/>`,
      () =>
        `<ellipse cx="${number(20, 60)}" cy="${number(15, 45)}" rx="${number(5, 18)}" ry="${number(3, 12)}"${style()}/>`,
      () => `<polygon points="${[0, 1, 2, 3].map(() => `${number(5, 70)},${number(5, 50)}`).join(' ')}"${style()}/>`,
      () => `<path d="${data()}"${style()}/>`,
      () =>
        `<line x1="${number(0, 80)}" y1="${number(0, 50)}" x2="${number(0, 80)}" y2="${number(0, 50)}" stroke="#246"${style()}/>`.replace(
          /( stroke="[^"]*")(.*) stroke="[^"]*"/,
          '$1$2',
        ),
    ])();
  const content = (depth: number): string =>
    Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
      if (depth > 0 && random() < 0.35) return `<g${style()}>${content(depth - 1)}</g>`;
      if (random() < 0.15)
        return `<use xlink:href="#${pick(['u', 's'])}" x="${number(0, 20)}" y="${number(0, 20)}"${maybe(0.5, () => ' width="40" height="30"')}${style()}/>`;
      if (depth > 0 && random() < 0.08)
        return `<svg x="${number(0, 30)}" y="${number(0, 20)}" width="40" height="30" viewBox="0 0 ${pick(['40 30', '80 80', '20 60'])}" overflow="visible"${maybe(0.3, () => ' preserveAspectRatio="xMinYMax meet"')}>${content(0)}</svg>`;
      return shape();
    }).join('');
  const stops = (): string =>
    [0, 0.5, 1]
      .map(
        (offset) =>
          `<stop offset="${pick([String(offset), `${offset * 100}%`])}" ${pick(['stop-color="#f60"', 'style="stop-color:#06f;stop-opacity:.7"', 'stop-color="gold"', 'stop-color="rgba(0,90,0,.8)"'])}/>`,
      )
      .join('');
  const units = (): string => pick(['', ' gradientUnits="userSpaceOnUse"']);
  const tilt = (): string => maybe(0.5, () => ` gradientTransform="${transform()}"`);
  const defs = `<defs><linearGradient id="g0"${tilt()}>${stops()}</linearGradient><linearGradient id="g1" xlink:href="#g0"${units()} x1="10%" y1="5%" x2="70%" y2="60%"${tilt()}/><radialGradient id="g2"${tilt()}>${stops()}</radialGradient><radialGradient id="g3" xlink:href="#g2" gradientUnits="userSpaceOnUse" cx="40" cy="30" r="25"${tilt()}/><g id="u">${shape()}</g><symbol id="s" viewBox="0 0 40 30" overflow="visible">${shape()}</symbol></defs>`;
  const css = maybe(
    0.5,
    () => `<style>.a{fill:${colour()}}g .b{stroke:${colour()};stroke-width:2px}path{stroke-linecap:round}</style>`,
  );
  // Clipped to the page, so that what reaches over it is cut off before and after, and nothing has to be told.
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 ${width} ${height}">${css}${defs}<g transform="translate(${width * 0.2} ${height * 0.2}) scale(.6)">${content(3)}</g></svg>`;
}

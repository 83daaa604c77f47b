/** Small drawings that each try one rule of the conversion, for comparing pixels. */
import type { Sample } from './convert-samples.ts';

const head = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"';
const drawing = (content: string, root = 'viewBox="0 0 100 100"'): Sample => ({
  svg: `<svg ${head} ${root}>${content}</svg>`,
});
const stops = '<stop stop-color="#f80"/><stop offset=".5" stop-color="#fff"/><stop offset="1" stop-color="#06c"/>';

export const pictures: Readonly<Record<string, Sample>> = {
  'linear gradient, tilted in user space': drawing(
    `<linearGradient id="g" gradientUnits="userSpaceOnUse" x1="10" y1="20" x2="60" y2="30" gradientTransform="matrix(1 .5 -.8 1.2 20 5)">${stops}</linearGradient><rect width="100" height="100" fill="url(#g)"/>`,
  ),
  'linear gradient, tilted in a box': drawing(
    `<linearGradient id="g" x1=".1" x2=".7" y2=".4" gradientTransform="rotate(35) skewX(20) scale(.8 1.3)">${stops}</linearGradient><ellipse cx="50" cy="40" rx="45" ry="20" fill="url(#g)"/><path d="M5 70h90v20H5z" fill="url(#g)"/>`,
  ),
  'linear gradient without x2 in user space': drawing(
    `<linearGradient id="g" gradientUnits="userSpaceOnUse">${stops}</linearGradient><rect width="100" height="60" fill="url(#g)"/>`,
    'viewBox="0 0 100 60"',
  ),
  'radial gradient, turned and enlarged': drawing(
    `<radialGradient id="g" gradientUnits="userSpaceOnUse" cx="20" cy="10" r="15" gradientTransform="translate(20 30) rotate(40) scale(1.6)">${stops}</radialGradient><rect width="100" height="100" fill="url(#g)"/>`,
  ),
  'radial gradient, flattened in a box, on every shape': drawing(
    `<radialGradient id="g" gradientTransform="matrix(.8 .3 -.2 .5 .2 .1)">${stops}</radialGradient><g fill="url(#g)"><rect x="5" y="5" width="40" height="25" rx="8" ry="4"/><circle cx="70" cy="20" r="18"/><ellipse cx="25" cy="55" rx="20" ry="12"/><polygon points="60 45 95 50 75 75"/><polyline points="5 75 40 75 20 98"/><path d="M50 80s10-15 20 0 20 5 25 0-10 20-45 10z" transform="rotate(3 50 80)" stroke="#000"/></g>`,
  ),
  'radial gradient, flattened in user space, inherited opacity': drawing(
    `<radialGradient id="g" gradientUnits="userSpaceOnUse" cx="0" cy="0" r="1" gradientTransform="translate(50 50) rotate(20) scale(50 20)">${stops}</radialGradient><g fill="url(#g)" fill-opacity=".7" opacity=".8"><path d="M0 0h100v100H0zM30 30v40h40V30z" fill-rule="evenodd"/></g>`,
  ),
  'gradient of gradients': drawing(
    `<linearGradient id="a">${stops}</linearGradient><linearGradient id="b" xlink:href="#a" x1="0" y1="1" x2="0" y2="0"/><radialGradient id="c" xlink:href="#b" r=".4"/><rect width="50" height="100" fill="url(#b)"/><rect x="50" width="50" height="100" fill="url(#c)"/>`,
  ),
  'gradient in symbols, and gradient of a group': drawing(
    `<defs><linearGradient id="a">${stops}</linearGradient><symbol id="s" viewBox="0 0 2 1" preserveAspectRatio="xMinYMax meet"><rect width="2" height="1" fill="url(#a)"/></symbol></defs><use href="#s" width="40" height="40"/><g fill="url(#a)" stroke="url(#a)" stroke-width="4"><path d="M10 60h30v30z"/><circle cx="70" cy="70" r="20" fill="none"/></g>`,
  ),
  'arcs of every kind': drawing(
    '<g fill="none" stroke="#024" stroke-width="2"><path d="M10 20a10 5 0 0 0 20 0a10 5 0 1 1 20 3A10 20 45 0 1 70 30A3 3 0 1 0 90 10a9-4 12 01-8 3"/><path d="M10 60A20 20 0 1 1 10.01 60z"/><path d="m50 90a0 5 0 0 1 10-10a200 200 0 0 0 30 5"/></g>',
  ),
  'path letters': drawing(
    '<path fill="#063" d="M10,10 20 10l5,5-5 10zm30 0h10v10h-10zm20 0c5-5 10 5 15 0s5 10 15 5q-5 10-10 5t-10 5T60 20zM10.5.5.5 5M10 50L1e1 60 2.0E1 50zm20 0zl5 5h5M50 50S60 40 70 50 60 70 50 60Z"/>',
  ),
  'units and per cent': drawing(
    '<rect x="5%" y="10%" width="50%" height="0.2in" fill="#900"/><circle cx="75%" cy="60%" r="20%" fill="#090"/><line x1="1mm" y1="20mm" x2="80px" y2="70pt" stroke="#009" stroke-width="2pt" stroke-dasharray="5%, 3px"/><ellipse cx="20" cy="80" rx="10" fill="#555" ry="5px"/><rect x="60" y="5" width="30" height="30" rx="50%" fill="#ccc"/>',
    'viewBox="0 0 100 100"',
  ),
  'wide with a style sheet': drawing(
    '<style>.a,.b{fill:#c00}.b{fill:#00c}#x .b{stroke:#0c0;stroke-width:3px}rect:nth-child(2){fill:#cc0}[data-k="v"]{fill:orange!important}.c{fill:inherit}</style><g id="x" fill="purple" transform="translate(0 10)"><rect class="a" width="20" height="20"/><rect class="b" x="25" width="20" height="20"/><circle class="a b" cx="60" cy="10" r="8" fill="white"/><circle class="c" cx="85" cy="10" r="8" data-k="v" style="fill:black"/></g>',
    'viewBox="0 0 100 40" width="500" height="200"',
  ),
  'colours of every kind': drawing(
    [
      'rgb(10,200,30)',
      'rgba(100%,0%,50%,.4)',
      'rgb(0 0 255 / 30%)',
      'hsl(200,80%,40%)',
      'hsla(.3turn 60% 50% / .5)',
      '#abcd',
      '#12345678',
      'papayawhip',
      'CornflowerBlue',
      'TRANSPARENT',
      'currentcolor',
    ]
      .map(
        (colour, i) =>
          `<rect x="${(i % 4) * 25}" y="${Math.floor(i / 4) * 30}" width="24" height="28" fill="${colour}" stroke="${colour}" stroke-width="3"/>`,
      )
      .join(''),
    'viewBox="0 0 100 100" color="teal"',
  ),
  'opacity in opacity': drawing(
    '<rect width="100" height="100" fill="#dde"/><g fill="#800" fill-opacity=".5" opacity=".9"><g opacity=".8"><rect x="5" y="5" width="20" height="20"/><rect x="40" y="5" width="20" height="20" fill-opacity="1"/></g><rect x="5" y="50" width="20" height="20" fill="rgba(0,0,255,.5)"/><g fill="rgba(0,128,0,.5)"><rect x="40" y="50" width="20" height="20"/><rect x="70" y="50" width="20" height="20" fill="#000"/></g></g>',
  ),
  'inner viewports': drawing(
    '<svg x="10" y="10" width="30" height="60" viewBox="0 0 10 10"><circle cx="5" cy="5" r="5" fill="#c33"/></svg><svg x="50%" y="20%" width="40" height="20" viewBox="-5 -5 10 10" preserveAspectRatio="none"><circle r="4" fill="#33c"/><rect width="50%" height="10%" fill="#cc3"/></svg><svg y="60" viewBox="0 0 10 10" width="30" height="30" preserveAspectRatio="xMaxYMid"><rect width="10" height="10" fill="#3c3"/></svg>',
  ),
  'use in use': drawing(
    '<defs><g id="a"><rect width="10" height="10"/></g><g id="b" transform="rotate(10)"><use href="#a" x="5"/><use href="#a" y="15" fill="#36c"/></g></defs><use href="#b" x="20" y="10" fill="#c36"/><use xlink:href="#b" transform="translate(50 50) scale(1.5)" stroke="#000"/><rect id="v" x="70" y="5" width="8" height="8" fill="#396"/><use href="#v" y="20" opacity=".5"/>',
  ),
  'transforms of CSS': drawing(
    '<rect x="40" y="40" width="20" height="10" style="transform:rotate(.1turn);transform-origin:50px 50px" fill="#a33"/><rect width="20" height="10" style="transform:translateX(10px) translateY(5px) scaleX(2)" fill="#3a3"/><rect width="20" height="10" transform="translate(10,70)rotate(-20)" fill="#33a"/>',
  ),
  'stroke before fill': drawing(
    '<g paint-order="stroke" stroke="#000" stroke-width="8"><circle cx="30" cy="30" r="20" fill="#fc0"/><path d="M60 60h30v30z" fill="#0cf" paint-order="normal"/></g>',
  ),
  'clipped to the page, drawn beyond it': drawing(
    '<clipPath id="c"><path transform="translate(-5 -5)" d="M0 0H110V110H0z"/></clipPath><g clip-path="url(#c)" transform="scale(1)"><circle cx="90" cy="90" r="60" fill="#639"/></g>',
  ),
};

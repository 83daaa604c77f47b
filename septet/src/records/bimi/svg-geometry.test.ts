import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pictureOf, readViewBox } from './svg-geometry.ts';
import { readNumbers, readPath, readPoints } from './svg-path.ts';
import { readSvg } from './svg-xml.ts';

test('path data: every command moves the point', () => {
  const path = readPath('M10,10h5v5H0V0l1-1L.5.5c1 1 2 2 3 3s1 1 2 2q1 1 2 2t2 2a1 1 0 01 3 3z');
  assert.deepEqual(path.subpaths.length, 1);
  assert.deepEqual(path.subpaths[0]?.slice(0, 14), [10, 10, 15, 10, 15, 15, 0, 15, 0, 0, 1, -1, 0.5, 0.5]);
  assert.deepEqual(path.subpaths[0]?.slice(-2), [12.5, 12.5]);
  assert.deepEqual(
    { segments: path.segments, curved: path.curved, broken: path.broken },
    { segments: 13, curved: true, broken: false },
  );
});

test('path data: a relative move begins where the closed sub-path began', () => {
  assert.deepEqual(readPath('m1 1 2 0 0 2zm5 5h1').subpaths, [
    [1, 1, 3, 1, 3, 3],
    [6, 6, 7, 6],
  ]);
});

test('path data: what cannot be read ends it', () => {
  for (const d of ['L1 1', '5 5', 'M1', 'M1 1 L', 'M1 1 x', 'M1 1z 5']) assert.ok(readPath(d).broken, d);
  assert.deepEqual(readPath(''), { subpaths: [], hull: [], segments: 0, curved: false, broken: false });
});

test('smooth curves keep the mirrored control point inside the hull', () => {
  const { hull } = readPath('M0 0C0 10 10 10 10 0S20 5 20 0');
  assert.ok(hull.some((x, index) => index % 2 === 0 && x === 10 && hull[index + 1] === -10));
});

test('lists of numbers', () => {
  assert.deepEqual(readNumbers('0 0 1e2,-.5'), [0, 0, 100, -0.5]);
  assert.equal(readNumbers('0 0 10px'), undefined);
  assert.deepEqual(readPoints('1,2 3,4').subpaths, [[1, 2, 3, 4]]);
  assert.ok(readPoints('1,2 3').broken);
});

test('a viewBox has four numbers and an extent', () => {
  assert.deepEqual(readViewBox('1 2 3 4'), { x: 1, y: 2, width: 3, height: 4 });
  for (const value of ['', '0 0 9', '0 0 0 9', '0 0 -1 9', 'a b c d']) assert.equal(readViewBox(value), undefined);
});

const background = (content: string): string => {
  const document = readSvg(
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">${content}</svg>`),
  );
  return pictureOf(document, { x: 0, y: 0, width: 100, height: 100 }).background;
};

test('the background is opaque, transparent, or cannot be told', () => {
  const table: readonly (readonly [string, string])[] = [
    ['', 'transparent'],
    ['<rect width="100" height="100"/>', 'opaque'],
    ['<rect width="100%" height="100%"/>', 'opaque'],
    ['<rect x="-.3" y=".3" width="100" height="100"/>', 'opaque'],
    ['<rect width="100" height="100" fill="none"/>', 'transparent'],
    ['<g fill="none"><rect width="100" height="100"/></g>', 'transparent'],
    ['<g fill="none"><rect fill="red" width="100" height="100"/></g>', 'opaque'],
    ['<rect width="100" height="100" fill-opacity=".5"/>', 'unknown'],
    ['<rect width="99" height="50"/><rect y="50" width="100" height="50"/>', 'unknown'],
    ['<rect width="50" height="50"/>', 'transparent'],
    ['<rect width="100" height="100" rx="20"/>', 'transparent'],
    ['<circle cx="50" cy="50" r="50"/>', 'transparent'],
    ['<circle cx="50" cy="50" r="71"/>', 'opaque'],
    ['<ellipse cx="50" cy="50" rx="71" ry="71"/>', 'opaque'],
    ['<path d="M0 0h100v100h-100z"/>', 'opaque'],
    ['<path d="M0 0h100v100h-100z M40 40h20v20h-20z"/>', 'unknown'],
    ['<path d="M0 50C0 0 100 0 100 50S0 100 0 50"/>', 'unknown'],
    ['<polygon points="0,0 100,0 100,100 0,100"/>', 'opaque'],
    ['<rect width="1" height="1" transform="scale(100)"/>', 'opaque'],
    ['<rect width="100" height="100" transform="rotate(45)"/>', 'transparent'],
    ['<rect width="100" height="100" transform="matrix(1 0 0 1 0 0)"/>', 'opaque'],
    ['<rect width="100" height="100" transform="nonsense"/>', 'unknown'],
    ['<line x1="0" y1="50" x2="100" y2="50" stroke="red"/>', 'transparent'],
    ['<line x1="0" y1="50" x2="100" y2="50" stroke="red" stroke-width="100"/>', 'unknown'],
    ['<text>Bakery</text>', 'unknown'],
    ['<use href="#a"/>', 'unknown'],
    [
      '<linearGradient id="a"><stop stop-opacity="0.2"/></linearGradient><rect fill="url(#a)" width="100" height="100"/>',
      'unknown',
    ],
    ['<solidColor id="a" solid-color="red"/><rect fill="url(#a)" width="100" height="100"/>', 'opaque'],
  ];
  for (const [content, expected] of table) assert.equal(background(content), expected, content);
});

/** Ordinary logos as drawing programs write them, made for the tests of `bimi convert`. None is anybody's. */

export interface Sample {
  readonly svg: string;
  /** Whether the picture may differ visibly; then pixels are not compared. */
  readonly differs?: true;
  /** Handed to the conversion. */
  readonly title?: string;
  /** Part of one sentence that must be told. */
  readonly told?: RegExp;
}

const svg = 'xmlns="http://www.w3.org/2000/svg"';

/** Logos that convert, by name. */
export const converting: Readonly<Record<string, Sample>> = {
  inkscape: {
    told: /Data of programs/,
    svg: `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!-- Created with Inkscape (http://www.inkscape.org/) -->
<svg width="120mm" height="120mm" viewBox="0 0 120 120" version="1.1" id="svg5"
   inkscape:version="1.2.2 (b0a8486541, 2022-12-01)" sodipodi:docname="logo.svg"
   xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"
   xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"
   xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg"
   xmlns:svg="http://www.w3.org/2000/svg" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
   xmlns:cc="http://creativecommons.org/ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">
  <title id="title839">Bakery</title>
  <sodipodi:namedview id="namedview7" pagecolor="#ffffff" inkscape:zoom="1.2"><inkscape:grid type="xygrid" id="grid9"/></sodipodi:namedview>
  <defs id="defs2">
    <linearGradient inkscape:collect="always" id="linearGradient1000"><stop style="stop-color:#ffcc00;stop-opacity:1" offset="0" id="stop996"/><stop style="stop-color:#cc3300;stop-opacity:0.8" offset="1" id="stop998"/></linearGradient>
    <linearGradient inkscape:collect="always" xlink:href="#linearGradient1000" id="linearGradient1002" x1="10" y1="10" x2="90" y2="60" gradientUnits="userSpaceOnUse" gradientTransform="matrix(1,0.2,-0.3,1.1,5,5)"/>
    <radialGradient xlink:href="#linearGradient1000" id="radialGradient4" cx="30" cy="30" fx="30" fy="30" r="20" gradientUnits="userSpaceOnUse" gradientTransform="matrix(1,0,0,0.5,40,70)"/>
    <path id="leaf" d="m 0,0 c 5,-8 10,-8 15,0 -5,8 -10,8 -15,0 z"/>
  </defs>
  <metadata id="metadata5"><rdf:RDF><cc:Work rdf:about=""><dc:format>image/svg+xml</dc:format></cc:Work></rdf:RDF></metadata>
  <g inkscape:label="Layer 1" inkscape:groupmode="layer" id="layer1">
    <rect style="fill:#f4ecd8;stroke:none" id="rect1" width="120" height="120" x="0" y="0"/>
    <path style="fill:url(#linearGradient1002);fill-rule:evenodd;stroke:#552200;stroke-width:0.5mm;stroke-linejoin:round" d="M 20,20 H 80 V 60 A 30,20 0 0 1 20,60 Z" id="path8" sodipodi:nodetypes="ccccc"/>
    <ellipse style="opacity:0.9;fill:url(#radialGradient4)" cx="70" cy="85" rx="20" ry="12"/>
    <use xlink:href="#leaf" transform="translate(20,90) rotate(10)" style="fill:#336600" id="use9"/>
    <use xlink:href="#leaf" x="90" y="100" style="fill:#669900"/>
    <path style="display:none;fill:red" d="M0 0h120v120H0z" id="hidden"/>
  </g>
</svg>`,
  },
  illustrator: {
    title: 'Rivertown Mail',
    told: /rules of `<style>`/,
    svg: `<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: Adobe Illustrator 27.0.0, SVG Export Plug-In . SVG Version: 6.00 Build 0)  -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg version="1.1" id="Layer_1" ${svg} xmlns:xlink="http://www.w3.org/1999/xlink" x="0px" y="0px" width="300px" height="200px"
	 viewBox="0 0 300 200" style="enable-background:new 0 0 300 200;" xml:space="preserve">
<style type="text/css">
	.st0{fill:#0B3D91;}
	.st1{fill:none;stroke:#FFFFFF;stroke-width:8;stroke-linecap:round;stroke-miterlimit:10;}
	.st2{opacity:0.6;fill:#F15A24;enable-background:new    ;}
	g > .st3, #dot{fill:rgba(255,255,0,.75);}
	.st1:hover{stroke:red}
	@media print { .st0 { fill: black } }
</style>
<g id="Background"><rect class="st0" width="300" height="200"/></g>
<g id="Art">
	<path class="st1" d="M60,100c20-60,60-60,80,0s60,60,80,0"/>
	<circle class="st2" cx="75" cy="60" r="30"/>
	<polygon class="st3" points="200,40 230,90 170,90 "/>
	<circle id="dot" cx="230" cy="150" r="15"/>
</g>
</svg>`,
  },
  figma: {
    title: 'Figment',
    told: /clipping path that covers the whole picture/,
    svg: `<svg width="24" height="24" viewBox="0 0 24 24" fill="none" ${svg}>
<g clip-path="url(#clip0_1_2)">
<mask id="mask0_1_2" style="mask-type:luminance" maskUnits="userSpaceOnUse" x="0" y="0" width="24" height="24">
<path d="M24 0H0V24H24V0Z" fill="white"/>
</mask>
<g mask="url(#mask0_1_2)">
<rect width="24" height="24" rx="6" fill="url(#paint0_linear_1_2)"/>
<path fill-rule="evenodd" clip-rule="evenodd" d="M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 3a5 5 0 1 1 0 10 5 5 0 0 1 0-10Z" fill="white" fill-opacity="0.9"/>
<ellipse cx="17" cy="7" rx="4" ry="2" fill="url(#paint1_radial_1_2)"/>
</g>
</g>
<defs>
<linearGradient id="paint0_linear_1_2" x1="0" y1="0" x2="24" y2="24" gradientUnits="userSpaceOnUse">
<stop stop-color="#7F00FF"/>
<stop offset="1" stop-color="#E100FF"/>
</linearGradient>
<radialGradient id="paint1_radial_1_2" cx="0" cy="0" r="1" gradientUnits="userSpaceOnUse" gradientTransform="translate(17 7) rotate(90) scale(2 4)">
<stop stop-color="white"/>
<stop offset="1" stop-color="white" stop-opacity="0"/>
</radialGradient>
<clipPath id="clip0_1_2">
<rect width="24" height="24" fill="white"/>
</clipPath>
</defs>
</svg>`,
  },
  sketch: {
    told: /inside of the drawing is deleted/,
    svg: `<svg width="64px" height="48px" viewBox="0 0 64 48" version="1.1" ${svg} xmlns:xlink="http://www.w3.org/1999/xlink">
    <title>Logo Mark</title><desc>Created with Sketch.</desc>
    <defs><rect id="path-1" x="0" y="0" width="20" height="20" rx="3"/></defs>
    <g id="Page-1" stroke="none" stroke-width="1" fill="none" fill-rule="evenodd">
        <title>Page 1</title>
        <g id="Group" transform="translate(6, 4)">
            <use fill="#D8D8D8" xlink:href="#path-1"></use>
            <g transform="translate(26 0) scale(.5)" fill="#4A90E2" fill-rule="nonzero"><polygon points="0 0 40 0 20 40"/></g>
            <line x1="2" y1="38" x2="50" y2="38" stroke="tomato" stroke-width="2" stroke-dasharray="4,2"/>
        </g>
    </g>
</svg>`,
  },
  'symbols and inner viewports': {
    title: 'Nested',
    told: /`<symbol>` inside of the drawing becomes a group/,
    svg: `<svg ${svg} viewBox="0 0 200 200"><symbol id="star" viewBox="0 0 10 10"><path d="M5 0l1.5 3.5L10 4 7 6.5 8 10 5 8 2 10l1-3.5L0 4l3.5-.5z"/></symbol>
<rect width="100%" height="100%" fill="hsl(210 50% 90%)"/><use href="#star" x="10" y="10" width="80" height="60" fill="navy"/><use href="#star" x="50%" y="110" width="80" height="80" fill="#c03a"/>
<svg x="110" y="10" width="80" height="80" viewBox="0 0 40 40"><circle cx="50%" cy="50%" r="40%" fill="teal"/></svg>
<svg x="10" y="110" width="60" height="60"><g><circle cx="30" cy="30" r="25" fill="rebeccapurple"/></g></svg></svg>`,
  },
  'opacity of groups': {
    title: 'Opacity',
    told: /do not overlap/,
    svg: `<svg ${svg} viewBox="0 0 100 100"><rect width="100" height="100" fill="#fff"/><g opacity=".5" fill="red"><rect x="5" y="5" width="30" height="30"/><circle cx="70" cy="70" r="20" fill-opacity=".8"/></g><g opacity="50%"><g opacity="0.5"><rect x="60" y="10" width="20" height="20" fill="#00f8"/></g></g><g opacity="0"><rect width="100" height="100"/></g><g visibility="hidden"><rect width="100" height="100"/><rect visibility="visible" x="10" y="60" width="20" height="20" fill="currentColor" color="green"/></g></svg>`,
  },
  'gradients of boxes': {
    title: 'Boxes',
    told: /gradientTransform/,
    svg: `<svg ${svg} viewBox="0 0 100 100"><defs><linearGradient id="a 1" gradientTransform="rotate(30)"><stop offset="0%" stop-color="gold"/><stop offset="100%" stop-color="rgb(120 0 60 / 50%)"/></linearGradient><radialGradient id="b" gradientTransform="translate(.1 0) scale(1 .6)"><stop offset=".2" stop-color="#08f"/><stop offset="1" stop-color="#024"/></radialGradient><radialGradient id="c" cx="40%" cy="60%" r="30%"><stop stop-color="#fff"/><stop offset="1" stop-color="#999"/></radialGradient></defs><rect x="5" y="5" width="60" height="30" fill="url('#a 1')"/><path d="M10 50 q40-20 60 0 t20 30 l-70 10z" fill="url(#b)" stroke="black" stroke-width="2"/><circle cx="80" cy="20" r="15" fill="url(#c) red"/><rect x="2" y="90" width="8" height="8" fill="url(#gone) blue"/></svg>`,
  },
  'behaviour and links': {
    title: 'Quiet',
    told: /script.*behaviour|behaviour.*script/,
    svg: `<svg ${svg} xmlns:xlink="http://www.w3.org/1999/xlink" width="128" height="128" onload="alert(1)"><script>alert(1)</script><a xlink:href="javascript:alert(1)"><rect width="128" height="128" fill="#123456" onclick="x()"/></a><circle cx="64" cy="64" r="40" fill="white"><animate attributeName="r" to="60" dur="2s" repeatCount="indefinite"/></circle><switch><foreignObject requiredExtensions="http://ns.adobe.com/AdobeIllustrator/10.0/" width="1" height="1"/><g><circle cx="64" cy="64" r="20" fill="crimson" data-name="x" aria-hidden="true" tabindex="0"/></g></switch></svg>`,
  },
  'transforms and order': {
    title: 'Turns',
    told: /paint-order/,
    svg: `<svg ${svg} viewBox="-50 -50 100 100" transform="rotate(0)"><rect x="-50" y="-50" width="100" height="100" fill="lightyellow"/><g style="transform: rotate(15deg) translate(5px, 2px); transform-origin: 10px 10px"><rect x="-20" y="-20" width="40" height="30" style="fill: var(--c, seagreen); stroke: black; stroke-width: 6px; paint-order: stroke"/></g><g transform="skewX(10) scale(1,-1)"><path d="M-30-40h20a10 6 30 0110 10z" fill="#a0522d"/></g></svg>`,
  },
  'already in the profile': {
    svg: `<svg ${svg} version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64"><title>Ready</title><desc>A square</desc><rect width="64" height="64" fill="#063"/><path d="M8 8h20v20z" fill="red"/></svg>`,
  },
  'prefixed and without a namespace of its own': {
    svg: `<s:svg xmlns:s="http://www.w3.org/2000/svg" width="200" height="100"><s:title>Prefix</s:title><s:rect width="200" height="100" fill="#eee"/><s:ellipse cx="100" cy="50" rx="60" ry="30" fill="#e33"/></s:svg>`,
  },
  words: {
    title: 'Words',
    differs: true,
    told: /live text/,
    svg: `<svg ${svg} viewBox="0 0 100 100"><rect width="100" height="100" fill="#fff"/><text x="10" y="30" font-family="sans-serif" font-size="12px" font-weight="700"><tspan x="10" y="30">Hello</tspan><tspan x="10" y="50">world &amp; all</tspan></text><text y="80" x="10">plain</text></svg>`,
  },
  'group opacity with overlap': {
    title: 'Overlap',
    differs: true,
    told: /show through one another/,
    svg: `<svg ${svg} viewBox="0 0 10 10"><g opacity=".5"><rect width="6" height="6"/><rect x="3" y="3" width="6" height="6" fill="red"/></g></svg>`,
  },
  'a style with states and imports': {
    title: 'Styled',
    told: /@import/,
    svg: `<svg ${svg} viewBox="0 0 10 10"><style><![CDATA[@import url(https://x.example/a.css); :root{--b:#036} rect{fill:var(--b)!important} .a rect:first-child{stroke:none} @font-face{font-family:x;src:url(x)}]]></style><g class="a"><rect width="10" height="10" style="fill:red"/><rect x="2" y="2" width="3" height="3" fill="blue"/></g></svg>`,
  },
};

/** Logos that are refused, with a part of the sentence that must be told. */
export const refused: Readonly<
  Record<string, { readonly svg: string; readonly told: RegExp; readonly title?: string }>
> = {
  empty: { svg: '', told: /cannot be read as SVG/ },
  'not XML': { svg: 'hello', told: /cannot be read as SVG/ },
  HTML: { svg: '<html><body/></html>', told: /not SVG/ },
  cut: { svg: `<svg ${svg} viewBox="0 0 1 1"><g>`, told: /cannot be read as SVG/ },
  'no title': { svg: `<svg ${svg} viewBox="0 0 1 1"><rect width="1" height="1"/></svg>`, told: /--title/ },
  'no size': { svg: `<svg ${svg} width="100%"><rect width="1" height="1"/></svg>`, title: 'T', told: /viewBox/ },
  bitmap: {
    svg: `<svg ${svg} viewBox="0 0 1 1"><image href="data:image/png;base64,iVBORw0KGgo=" width="1" height="1"/></svg>`,
    title: 'T',
    told: /`<image>` holds a bitmap.*trace/,
  },
  'linked picture': {
    svg: `<svg ${svg} viewBox="0 0 1 1"><image href="https://x.example/a.png"/></svg>`,
    title: 'T',
    told: /the picture `https:/,
  },
  foreign: {
    svg: `<svg ${svg} viewBox="0 0 1 1"><foreignObject width="1" height="1"><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject></svg>`,
    title: 'T',
    told: /foreignObject/,
  },
  clip: {
    svg: `<svg ${svg} viewBox="0 0 10 10"><clipPath id="c"><circle cx="5" cy="5" r="4"/></clipPath><rect width="10" height="10" clip-path="url(#c)"/></svg>`,
    title: 'T',
    told: /cut by a clipping path/,
  },
  mask: {
    svg: `<svg ${svg} viewBox="0 0 10 10"><mask id="c"><rect width="10" height="10" fill="#888"/></mask><rect width="10" height="10" mask="url(#c)"/></svg>`,
    title: 'T',
    told: /cut by a mask/,
  },
  filter: {
    svg: `<svg ${svg} viewBox="0 0 10 10"><filter id="f"><feGaussianBlur stdDeviation="2"/></filter><rect width="10" height="10" style="filter:url(#f)"/></svg>`,
    title: 'T',
    told: /shadow, blur/,
  },
  pattern: {
    svg: `<svg ${svg} viewBox="0 0 10 10"><pattern id="p" width="2" height="2"><rect width="1" height="1"/></pattern><rect width="10" height="10" fill="url(#p)"/></svg>`,
    title: 'T',
    told: /pattern/,
  },
  marker: {
    svg: `<svg ${svg} viewBox="0 0 10 10"><marker id="m"><path d="M0 0h1v1z"/></marker><path d="M0 0h5" stroke="red" marker-end="url(#m)"/></svg>`,
    title: 'T',
    told: /arrow head/,
  },
  blend: {
    svg: `<svg ${svg} viewBox="0 0 10 10"><rect width="10" height="10" style="mix-blend-mode:multiply"/></svg>`,
    title: 'T',
    told: /blends/,
  },
  'repeated gradient': {
    svg: `<svg ${svg} viewBox="0 0 10 10"><linearGradient id="p" spreadMethod="repeat"><stop/></linearGradient><rect width="10" height="10" fill="url(#p)"/></svg>`,
    title: 'T',
    told: /repeated/,
  },
  'running words': {
    svg: `<svg ${svg} viewBox="0 0 10 10"><text y="5">a<tspan fill="red">b</tspan></text></svg>`,
    title: 'T',
    told: /tspan.*outlines/,
  },
  'words on a path': {
    svg: `<svg ${svg} viewBox="0 0 10 10"><path id="p" d="M0 5h9"/><text><textPath href="#p">x</textPath></text></svg>`,
    title: 'T',
    told: /textPath.*outlines/,
  },
  'unknown colour': {
    svg: `<svg ${svg} viewBox="0 0 10 10"><rect width="10" height="10" fill="oklch(60% 0.2 30)"/></svg>`,
    title: 'T',
    told: /oklch.*#rrggbb/,
  },
  'em lengths': {
    svg: `<svg ${svg} viewBox="0 0 10 10"><rect width="10em" height="10"/></svg>`,
    title: 'T',
    told: /depends on the reader/,
  },
  'use of itself': {
    svg: `<svg ${svg} viewBox="0 0 10 10"><g id="a"><use href="#a"/></g></svg>`,
    title: 'T',
    told: /contains itself/,
  },
  'use of another file': {
    svg: `<svg ${svg} viewBox="0 0 10 10"><use href="icons.svg#a"/></svg>`,
    title: 'T',
    told: /outside of the file/,
  },
  'an outside paint': {
    svg: `<svg ${svg} viewBox="0 0 10 10"><rect width="10" height="10" fill="url(other.svg#g)"/></svg>`,
    title: 'T',
    told: /outside of the file/,
  },
  'entities of Illustrator': {
    svg: `<!DOCTYPE svg [<!ENTITY ns_svg "http://www.w3.org/2000/svg">]><svg xmlns="&ns_svg;" viewBox="0 0 1 1"/>`,
    told: /entity.*Export As/,
  },
  'outside entity': {
    svg: `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg ${svg} viewBox="0 0 1 1"><title>&x;</title></svg>`,
    told: /entity/,
  },
  'entity bomb': {
    svg: `<!DOCTYPE svg [<!ENTITY a "ha">${Array.from({ length: 9 }, (_, i) => `<!ENTITY a${i} "${`&a${i === 0 ? '' : i - 1};`.repeat(10)}">`).join('')}]><svg ${svg}><title>&a8;</title></svg>`,
    told: /entity/,
  },
  'use bomb': {
    svg: `<svg ${svg} viewBox="0 0 1 1"><defs><g id="u0"><rect width="1" height="1"/></g>${Array.from({ length: 12 }, (_, i) => `<g id="u${i + 1}">${`<use href="#u${i}"/>`.repeat(10)}</g>`).join('')}</defs><use href="#u12"/></svg>`,
    title: 'T',
    told: /more than 20000 elements/,
  },
};

/** A logo of many blobs, each with more digits than anybody sees. */
export function crowded(blobs: number): string {
  let state = 7;
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  const paths = Array.from({ length: blobs }, () => {
    const [x, y, r] = [next() * 440 + 30, next() * 440 + 30, next() * 20 + 5];
    const n = (value: number): string => value.toFixed(7);
    return `<path d="M${n(x)} ${n(y)}C${n(x + r)} ${n(y - r)} ${n(x + r * 2)} ${n(y)} ${n(x + r)} ${n(y + r)}Z"/>`;
  });
  return `<svg ${svg} viewBox="0 0 500 500"><rect width="500" height="500" fill="#fff"/><g fill="#246" transform="scale(.9) translate(20 20)">${paths.join('\n')}</g></svg>`;
}

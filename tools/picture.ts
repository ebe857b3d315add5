/**
 * Draws `.github/demo.svg`, the picture in the README: what `deno task demo` prints, as it is.
 *
 * deno task demo | deno run -A tools/picture.ts
 *
 * @module
 */

const LINE_HEIGHT = 19;
const CHARACTER_WIDTH = 8.43;
const MARGIN = 24;
const BAR_HEIGHT = 34;

const text = await new Response(Deno.stdin.readable).text();
// deno-lint-ignore no-control-regex -- what colours a terminal is not part of the picture
const lines = text.replace(/\x1b\[[0-9;]*m/g, "").trimEnd().split("\n")
  .filter((line) => !line.startsWith("Task "));
const columns = Math.max(...lines.map((line) => line.length));
const width = Math.ceil(columns * CHARACTER_WIDTH + 2 * MARGIN);
const height = lines.length * LINE_HEIGHT + BAR_HEIGHT + 2 * MARGIN - 8;

function escaped(line: string): string {
  return line.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function colour(line: string): string {
  if (line.startsWith("$ ")) return "#7ee787";
  return /^ {2}\S.* {2}/.test(line) ? "#e6edf3" : "#9da7b3";
}

const rows = lines.map((line, at) => {
  const y = BAR_HEIGHT + MARGIN + at * LINE_HEIGHT;
  return `  <text x="${MARGIN}" y="${y}" fill="${colour(line)}">${escaped(line)}</text>`;
});

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"
  viewBox="0 0 ${width} ${height}" role="img" aria-label="What deno task demo prints">
<rect width="100%" height="100%" rx="10" fill="#0d1117"/>
<circle cx="22" cy="18" r="6" fill="#ff5f57"/><circle cx="42" cy="18" r="6" fill="#febc2e"/>
<circle cx="62" cy="18" r="6" fill="#28c840"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
  font-size="14" xml:space="preserve">
${rows.join("\n")}
</g>
</svg>
`;

await Deno.writeTextFile(new URL("../.github/demo.svg", import.meta.url), svg);

/** The URL of a module that is named by its path or its URL. */
export function moduleUrl(module: string | URL): URL {
  if (module instanceof URL) return module;
  const isWindows = Deno.build.os === "windows";
  // A drive's letter is no scheme.
  const isDrive = /^[a-z]:[\\/]/i.test(module);
  if (URL.canParse(module) && !isDrive) return new URL(module);
  const path = isWindows ? module.replaceAll("\\", "/") : module;
  const isAbsolute = path.startsWith("/") || isDrive;
  const folder = isWindows ? Deno.cwd().replaceAll("\\", "/") : Deno.cwd();
  const whole = isAbsolute ? path : `${folder}/${path}`;
  // In a path these are letters like others; in a URL they would end it, or name others. (What
  // node:url has for this costs more to load than all of lasa.)
  const escaped = whole.replace(/[%#?\\]/g, (letter) => encodeURIComponent(letter));
  return new URL(`file://${escaped.startsWith("/") ? "" : "/"}${escaped}`);
}

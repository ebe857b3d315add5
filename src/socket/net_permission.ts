/**
 * Asks for the permission to use an address, as the platform's own connections do. Where it is lacking,
 * `node:net` and `node:dgram` throw in a turn of their own: nobody can catch that, and the process ends.
 *
 * @throws {Deno.errors.NotCapable} Where it is not given.
 */
export function requireNet(hostname: string, port: number): void {
  // A zone names an interface; permissions know of none.
  const [name] = hostname.split("%");
  const host = `${name.includes(":") ? `[${name}]` : name}:${port}`;
  if (Deno.permissions.requestSync({ name: "net", host }).state === "granted") return;
  throw new Deno.errors.NotCapable(`Requires net access to "${host}"`);
}

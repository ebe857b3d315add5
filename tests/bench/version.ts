/**
 * Whether a program is on this machine, and which.
 *
 * @module
 */

/** The first number with dots that a program says of itself; `null` where it cannot be run. */
export async function versionOf(program: string, flag = "--version"): Promise<string | null> {
  try {
    const { stdout, stderr } = await new Deno.Command(program, { args: [flag] }).output();
    const decoder = new TextDecoder();
    const said = decoder.decode(stdout) + decoder.decode(stderr);
    return /\d+(\.\d+)+/.exec(said)?.[0] ?? null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

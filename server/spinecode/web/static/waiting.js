/** Looks again until what is being made is there, and then shows it. Without this a link does. */

const PAUSE = 2000; // milliseconds

const look = async () => {
  const response = await fetch(location.href, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (response.status === 202) setTimeout(look, PAUSE);
  else location.reload();
};
setTimeout(look, PAUSE);

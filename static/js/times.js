/* Times in the browser's time zone, if the server rendered them in another. A cookie tells the server the
   zone, so that it renders the next pages itself. Members can choose a zone in their settings. */

const root = document.documentElement;
const { lang, dataset: { jsToday: today } } = root;
const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
const YEAR = 365 * 24 * 60 * 60;

const secure = location.protocol === "https:" ? "; secure" : "";
document.cookie = `zone=${encodeURIComponent(zone)}; path=/; max-age=${YEAR}; samesite=lax${secure}`;

const format = new Intl.DateTimeFormat(lang, {
  timeZone: zone, day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const partsOf = (at) => Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
const now = partsOf(new Date());

/** Returns a time as the server writes it: as forum.presenters.times.Clock.moment. */
function moment(at) {
  const { day, month, year, hour, minute } = partsOf(at);
  const isThisYear = year === now.year;
  const isToday = isThisYear && month === now.month && day === now.day;
  const date = `${day} ${month}${isThisYear ? "" : ` ${year}`}`;
  return `${isToday ? today : date}, ${hour}:${minute}`;
}

function convert() {
  for (const time of document.querySelectorAll("time[datetime]")) time.textContent = moment(new Date(time.dateTime));
  for (const name of document.querySelectorAll("[data-js-zone-name]")) name.textContent = zone;
}

document.addEventListener("htmx:afterSettle", convert);
document.addEventListener("forum:posts-added", convert);
convert();

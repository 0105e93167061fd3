// The corpus's site in Eleventy: the same pages, plain. Each list is cut into pages of 20 here, since Eleventy pages
// one collection in one template.
const PAGE = 20;
const OTHERS = 5;

function grouped(articles, keys) {
  const groups = new Map();
  for (const article of articles) {
    for (const [path, title] of keys(article.data)) {
      if (!groups.has(path)) groups.set(path, { path, title, articles: [] });
      groups.get(path).articles.push(article);
    }
  }
  return [...groups.values()];
}

function paged(list) {
  const number = Math.ceil(list.articles.length / PAGE);
  const at = (page) => (page === 1 ? list.path : `${list.path}page/${page}/`);
  return Array.from({ length: number }, (_, index) => ({
    title: list.title,
    path: at(index + 1),
    articles: list.articles.slice(index * PAGE, (index + 1) * PAGE),
    newer: index > 0 ? at(index) : null,
    older: index + 1 < number ? at(index + 2) : null,
  }));
}

export default function (eleventy) {
  const older = new Map();
  const byPath = new Map();
  const newest = (api) => api.getFilteredByGlob("**/articles/**/*.html").sort((a, b) => b.date - a.date);
  const home = (data) => [["/", data.site.title]];
  const section = (data) => [[`/${data.section}/`, data.sectionTitle]];

  eleventy.addCollection("pages", (api) => {
    const articles = newest(api);
    for (const article of articles) byPath.set(article.url, article);
    for (const list of grouped(articles, section)) {
      list.articles.forEach((each, place) => older.set(each.url, list.articles.slice(place + 1, place + 1 + OTHERS)));
    }
    const lists = [home, section, (data) => data.topics, (data) => [data.authorPage]];
    return lists.flatMap((keys) => grouped(articles, keys)).flatMap(paged);
  });
  eleventy.addCollection("months", (api) => grouped(newest(api), (data) => data.months));
  eleventy.addCollection("feeds", (api) => {
    const lists = [home, section].flatMap((keys) => grouped(newest(api), keys));
    return lists.map((list) => ({ ...list, articles: list.articles.slice(0, PAGE) }));
  });
  eleventy.addCollection("articles", newest);

  eleventy.addFilter("older", (url) => older.get(url) ?? []);
  eleventy.addFilter("at", (url) => byPath.get(url));
  eleventy.addFilter("day", (date) => new Date(date.getTime() + 7 * 3600e3).toISOString().slice(0, 10).split("-").reverse().join("/"));
  eleventy.addFilter("iso", (date) => date.toISOString());
  return { htmlTemplateEngine: false, dir: { includes: "_includes" } };
}

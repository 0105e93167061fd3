"""Hostile and broken HTML for the tests, and a reading of what came out that trusts nothing of the sanitiser's own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from hypothesis import strategies as st

# What must never be in a page's article, whatever the sanitiser's own lists say.
FORBIDDEN_TAGS: Final = frozenset(
    "script style svg math iframe object embed applet frame frameset template noscript form input button select "
    "textarea option link meta base img image video audio source picture canvas dialog body html head title "
    "xmp plaintext noembed noframes listing marquee portal foreignobject desc mtext mi mo annotation-xml mglyph".split()
)
FORBIDDEN_ATTRIBUTES: Final = re.compile(
    r"on.*|style|src|srcset|srcdoc|id|name|class|action|formaction|background|data.*|xlink.*|xmlns.*|is|slot|ping|target"
)
ADDRESSES: Final = frozenset({"href", "src", "action", "formaction", "cite", "background", "poster", "data"})
FORBIDDEN_SCHEMES: Final = re.compile(r"(javascript|vbscript|data|blob|file|filesystem|livescript|mocha|about):?")


@dataclass
class Reading(HTMLParser):
    """What a parser of another make sees in HTML."""

    html: str
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Take in a start tag."""
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Take in text."""
        self.text += data

    def handle_comment(self, data: str) -> None:
        """Take in a comment."""
        self.others.append(data)

    def handle_decl(self, decl: str) -> None:
        """Take in a declaration."""
        self.others.append(decl)

    def handle_pi(self, data: str) -> None:
        """Take in a processing instruction."""
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        """Take in what is none of these."""
        self.others.append(data)


def scheme(address: str) -> str:
    """Give the scheme that a browser sees in an address (URL standard): it skips what lies around and within."""
    bare = re.sub(r"[\t\n\r]", "", address).lstrip("".join(map(chr, range(0x21))))
    found = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*(?=:)", bare)
    return found[0].lower() if found else ""


def shown(html: str) -> str:
    """Give the text that HTML shows, without spaces: where they may be added is not the point."""
    return "".join(Reading(html).text.split())


# The pieces that known attacks are made of.
_NAMES: Final = sorted(
    FORBIDDEN_TAGS
    | set("p br hr h1 h2 h3 h6 strong b em i u s sub blockquote q ul ol li dl dt dd a abbr code pre table".split())
    | set("caption tbody tr td th div span font center nobr del ins section x-y p\u00a0 b:b".split())
    | set("mn ms malignmark annotation optgroup datalist keygen bgsound blink ruby rt rp menu dir col colgroup".split())
    | set("summary details search menuitem image param track area map legend fieldset label output".split())
)
_HANDLERS: Final = (
    "onclick=alert(1)",
    "onerror='alert(1)'",
    'onload="alert(1)"',
    "style=x:expression(1)",
    "id=x",
    "is=y",
    "name=body",
    "onfocus=alert(1) autofocus tabindex=1",
    "onpointerenter\x0c=\x0calert(1)",
    "on\u0131nput=alert(1)",
    "lang=vi onclick=alert(1) LANG=en",
    "lang=vi`onclick=alert(1)",
    "lang='vi'onclick=alert(1)",
    "lang=&quot;onclick=alert(1)",
    "lang=vi&#32;onclick=alert(1)",
    "/onclick=alert(1)/",
    "contenteditable popover=x popovertarget=x",
    "slot=x part=x shadowrootmode=open",
)
_ADDRESSES: Final = (
    "javascript:alert(1)",
    " javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "java\x01script:alert(1)",
    "\x01javascript:alert(1)",
    "java&#9;script:alert(1)",
    "java&Tab;script:alert(1)",
    "java&NewLine;script:alert(1)",
    "java&#1;script:alert(1)",
    "&#1;javascript:alert(1)",
    "&#x6a;avascript:alert(1)",
    "&#0000106&#0000097&#0000118&#0000097&#0000115cript:alert(1)",
    "javascript&colon;alert(1)",
    "javascript&#58;alert(1)",
    "javascript\u200b:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "feed:javascript:alert(1)",
    "javascript&#0;:alert(1)",
    "javas&shy;cript:alert(1)",
    "&NewLine;javascript:alert(1)",
    "\u00a0javascript:alert(1)",
    "\u2028javascript:alert(1)",
    "ja&#13;vascript:alert(1)",
    "java\rscript\x0c:alert(1)",
    "j&#97v&#97script&#x3A;alert(1)",
    "javascript\uff1aalert(1)",
    "%6aavascript:alert(1)",
    "javascript://%0aalert(1)",
    "view-source:javascript:alert(1)",
    "DATA&colon;text/html,x",
    "blob:https://host/x",
    "intent:x",
    "ws://host",
    "//host/x",
    "\\\\host\\x",
    "/\\host",
    "http:\\\\host",
    "https:host",
    "ht\ntp://host",
    "/:javascript:x",
    "?javascript:x",
    "https://host/?a=1&b=2",
    "/?a=1&copy=2&lt=3&ampx",
    "mailto:a@b",
    "tel:+84",
    "/tin-tuc/",
    "#x",
    "x:y",
    "",
)
_FRAGMENTS: Final = (
    *(
        "x",
        " ",
        "\n",
        "\r",
        "\t",
        "\x0c",
        "<",
        ">",
        '"',
        "'",
        "`",
        "=",
        "/",
        "&",
        "&lt;",
        "&gt;",
        "&amp;",
        "&quot;",
        "&#60;",
    ),
    *(
        "&#x3c;script&#x3e;",
        "&lt;script&gt;",
        "&#0;",
        "&#1;",
        "&#13;",
        "&#10;",
        "&#x338;",
        "&#x301;",
        "&nbsp;",
        "&#8203;",
    ),
    *("\u0338", "\u0301", "\u0323\u0301", "\u00a0", "\u200b", "\u202e", "đ", "ế", "\U0001f389", "\u1680", "\u2028"),
    *(
        "<!--",
        "-->",
        "--!>",
        "<!-->",
        "<!--->",
        "<!",
        "<!doctype html>",
        "<?xml?>",
        "<![CDATA[",
        "]]>",
        "</",
        "</>",
        "<>",
        "</ x>",
    ),
    *(
        "<script",
        "</script",
        "<script>",
        "</script>",
        "</script x>",
        "<style><!--",
        "</style>",
        "<title><b>",
        "</title>",
    ),
    *("<svg><style><img src=x onerror=alert(1)>", '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">'),
    *('<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',),
    *(
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        "<form><math><mtext></form><form><mglyph><style>",
    ),
    *('<math><annotation-xml encoding="text/html"><style>', "<svg><foreignObject><p>", "<svg><desc><title><b>"),
    *("<template><script>alert(1)</script>", "<select><option><style></option></select>", "<textarea><b></textarea>"),
    *(
        "<a title='</p><script>alert(1)</script>'>",
        '<p title="><script>alert(1)</script>">',
        "<abbr title='-->'>",
        "<pre>\n\n",
    ),
    *(
        "<img src=x onerror=alert(1)>",
        "<img/src/onerror=alert(1)//",
        "<a\x0chref=javascript:alert(1)>",
        "<b/onclick=alert(1)>",
    ),
    *(
        "<iframe srcdoc='<script>alert(1)</script>'>",
        "<xmp><script>",
        "</xmp>",
        "<plaintext>",
        "<b <script>alert(1)</script>0",
    ),
)
# Known mutations: what one parser takes for text, and the next one for markup.
_MUTATIONS: Final = (
    "<math><mtext><table><mglyph><style><math><table id=x></table><img src onerror=alert(1)></style>",
    "<math><annotation-xml encoding=application/xhtml+xml><p>x</p><img src onerror=alert(1)>",
    "<math><mi><mglyph><svg><mtext><textarea><path id='</textarea><img onerror=alert(1) src=1>'>",
    "<svg><annotation-xml><foreignobject><style><!--</style><p id='--><img src onerror=alert(1)>'>",
    '<svg><title><style><a id="</style></title><img src=1 onerror=alert(1)>">',
    "<svg><![CDATA[<img src=x onerror=alert(1)>]]></svg>",
    "<math><![CDATA[><img src=x onerror=alert(1)>]]></math>",
    "<svg><script>/*</script><script>*/alert(1)</script>",
    "<svg/onload=alert(1)>",
    "<svg><animate attributeName=href values=javascript:alert(1) />",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(1)>#x'>",
    "<form id=a></form><form><div></form><form id=b><input form=a formaction=javascript:alert(1)>",
    "<a><table><a><svg><desc><a></table>",
    "<table><p><a><td></table><b>",
    "<table><caption><svg><td><style></table>",
    "<table><select><tr><td><option></table>",
    "<table>x<tr>y<td>z</td>w</tr>v</table>",
    "<tr><td>a<p>b<table><td>c",
    "<select><template><img src onerror=alert(1)></select>",
    "<select><noscript><p title='</noscript></select><img src onerror=alert(1)>'>",
    "<textarea><p title='</textarea><img src onerror=alert(1)>'>",
    "<title><p title='</title><img src onerror=alert(1)>'>",
    "<xmp><p title='</xmp><img src onerror=alert(1)>'>",
    "<noembed><p title='</noembed><img src onerror=alert(1)>'>",
    "<noframes><p title='</noframes><img src onerror=alert(1)>'>",
    "<iframe><p title='</iframe><img src onerror=alert(1)>'>",
    "<listing>\n<img title='</listing><script>alert(1)</script>'>",
    "<comment><img title='</comment><script>alert(1)</script>'>",
    "<button><a><button><p></button></a>",
    "<a href=/x><a href=/y><b><a>",
    "<b><p><i></b></p></i><nobr><nobr>",
    "<!--><script>alert(1)</script>-->",
    "<!--x--!><script>alert(1)</script>-->",
    "<!-- <!-- --> <img src onerror=alert(1)> -->",
    "<!-" + "-" * 5 + "><b>",
    "<![if !IE]><script>alert(1)</script><![endif]>",
    "<?php echo '><img src onerror=alert(1)>' ?>",
    "<?xml-stylesheet href=javascript:alert(1) ?>",
    "<!DOCTYPE html [<!ENTITY x '<script>alert(1)</script>'>]>&x;",
    "</p <img src onerror=alert(1)>>",
    "<<b onclick=alert(1)>x</b>",
    "<b\x0bonclick=alert(1)>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script>x</script\x0c/onload>",
    "<base href=//host><link rel=stylesheet href=//host><meta http-equiv=refresh content='0;javascript:alert(1)'>",
    "<object data=data:text/html,x><embed src=javascript:alert(1)><param name=x>",
    "<details open ontoggle=alert(1)><summary>",
    "<video><source onerror=alert(1)><track></video><audio src onerror=alert(1)>",
    "<image src=1 onerror=alert(1)>",
    "<keygen autofocus onfocus=alert(1)><marquee onstart=alert(1)>",
    "<div><template shadowrootmode=open><slot></template></div>",
    "<x-y is=z onclick=alert(1) slot=x>",
    "{{constructor.constructor('alert(1)')()}}{% raw %}",
)
# Character references as parsers of several ages and kinds read them.
_REFERENCES: Final = (
    *("&lt", "&ltx", "&LT;", "&amp", "&ampamp;lt;", "&notit;", "&copy=", "&nbsp", "&shy;", "&zwj;", "&lang;", "&apos;"),
    *("&#128;", "&#x80", "&#150;", "&#x9f;", "&#xd800;", "&#x110000;", "&#x10ffff;", "&#xfffe;", "&#xfdd0;"),
    *(
        "&#x202e;",
        "&#x2066;",
        "&#xfeff;",
        "&#xb;",
        "&#12;",
        "&#127;",
        "&#x3c",
        "&#60b>",
        "&#;",
        "&#x;",
        "&;",
        "&#99999999999;",
    ),
    *(
        "&bsol;&sol;",
        "&colon;",
        "&Tab;",
        "&NewLine;",
        "&lpar;",
        "&DownBreve;",
        "&#x0338;",
        "&NotEqualTilde;",
        "&fjlig;",
    ),
    *("&#x1F1FB;&#x1F1F3;", "&#803;", "e&#770;&#769;", "&#55357;&#56832;"),
)
# What Unicode has to reorder, hide or end a line.
_UNICODE: Final = (
    "\u202d",
    "\u2066",
    "\u2069",
    "\u061c",
    "\ufeff",
    "\u2029",
    "\u0085",
    "\ufffd",
    "\U000e0041",
    "\u3164",
    "\u0130",
)
_names = st.sampled_from(_NAMES) | st.sampled_from([name.upper() for name in _NAMES])
_attributes = st.one_of(
    st.sampled_from(_HANDLERS),
    st.sampled_from(
        (
            *(
                "lang=vi",
                "lang='vi'",
                'lang="a b"',
                "title='x>y'",
                'title="<b>"',
                "start=3",
                "colspan=2",
                "scope",
                "=x",
            ),
            *(
                '"',
                "'",
                "`",
                "title=`x y`",
                "title=a=b",
                "title='</p>'",
                "title='--><b>'",
                "TITLE=&lt;b&gt;",
                "title",
                "<b",
            ),
        )
    ),
    st.builds(
        "{}={}{}{}".format,
        st.sampled_from(("href", "HREF", "xlink:href", "title", "cite", "src")),
        st.just('"'),
        st.sampled_from(_ADDRESSES),
        st.just('"'),
    ),
    st.builds("{}={}".format, st.sampled_from(("href", "HREF", "action", "formaction")), st.sampled_from(_ADDRESSES)),
)
_ENTIRE: Final = _FRAGMENTS + _MUTATIONS + _REFERENCES + _UNICODE


def _soup(names: st.SearchStrategy[str], fragments: Sequence[str]) -> st.SearchStrategy[str]:
    """Give HTML of any tags and pieces in any order."""
    start_tags = st.builds(
        lambda name, attributes, end: f"<{' '.join([name, *attributes])}{end}",
        names,
        st.lists(_attributes, max_size=3),
        st.sampled_from((">", ">", ">", "/>", " >", "")),
    )
    end_tags = st.builds("</{}{}".format, names, st.sampled_from((">", ">", " x>", "")))
    pieces = st.one_of(start_tags, end_tags, st.sampled_from(fragments))
    return st.lists(pieces, min_size=1, max_size=25).map("".join)


soup = _soup(_names, _ENTIRE)
# Well formed, so that it is accepted: each tag with its text, and with whatever attributes.
attacks = st.lists(
    st.builds("x<{0} {1} {2}>y</{0}>".format, st.just("a") | st.sampled_from(_NAMES), _attributes, _attributes),
    min_size=1,
    max_size=6,
).map("".join)
# Without the tags that take their content with them, and without those whose content is no markup to a browser.
NOT_SHOWN: Final = re.compile(
    "script|style|title|textarea|noscript|noembed|noframes|iframe|template|svg|math|xmp|plaintext", re.IGNORECASE
)
shown_soup = _soup(
    _names.filter(lambda name: not NOT_SHOWN.fullmatch(name)),
    [fragment for fragment in _ENTIRE if not NOT_SHOWN.search(fragment)],
)

# Text as an editor writes it, well nested, in tags that a page may carry and others that it may not.
words = st.lists(st.sampled_from("chợ phiên xã Tân Hợp 2026 & < > “ngoặc” đ ế".split()), min_size=1, max_size=4).map(
    " ".join
)
_escaped = words.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def _wrapped(names: str) -> st.SearchStrategy[str]:
    return st.builds(lambda name, text: f"<{name} class=x>{text}</{name}>", st.sampled_from(names.split()), _inner)


_inner: st.SearchStrategy[str] = st.deferred(
    lambda: st.lists(_escaped | _wrapped("b i a span font u q x-y"), min_size=1, max_size=3).map(" ".join)
)
documents = st.lists(
    st.one_of(
        _escaped,
        _wrapped("p h1 h2 h5 blockquote div section pre"),
        st.lists(_wrapped("li"), min_size=1, max_size=3).map(lambda items: f"<ul>{''.join(items)}</ul>"),
    ),
    min_size=1,
    max_size=5,
).map("\n".join)

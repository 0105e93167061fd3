// Viewer request: a directory's address becomes the key under which its page is stored, a day that a reader has asked
// a list for becomes the address of that day in its month, and an address of an older system, query and all, the key
// under which its redirect is stored: portal/old_paths.py makes the same of it.
// Plain ECMAScript 5.1, which CloudFront Functions' runtime 2.0 and the local edge both run.

var OWN_EXTENSIONS = /\.(html|xml|json|txt)$/;
var TRACKING = /^(utm_.*|fbclid|gclid|igshid|mibextid|msclkid|zarsrc)$/;

function handler(event) {
    var request = event.request;
    var uri = request.uri;
    if (uri.charAt(uri.length - 1) === "/") {
        var day = request.querystring.day;
        var parts = day && /^(\d{4})-(\d{2})-(\d{2})$/.exec(day.value);
        if (parts) {
            return redirect(302, "Found", uri + parts[1] + "/" + parts[2] + "/#d" + parts[3]);
        }
        request.uri = withoutPlus(uri + "index.html");
        return request;
    }
    var last = uri.slice(uri.lastIndexOf("/") + 1);
    if (last.indexOf(".") === -1) {
        return redirect(301, "Moved Permanently", uri + "/");
    }
    request.uri = withoutPlus(OWN_EXTENSIONS.test(last) ? uri : uri + query(request.querystring));
    return request;
}

// S3 would take a plus sign in a path for a space.
function withoutPlus(uri) {
    return uri.replace(/\+/g, "%2B");
}

// What tells one page of an older system from another, in one order and one encoding; nothing where it can't be read.
function query(parameters) {
    var pairs = [];
    try {
        Object.keys(parameters).forEach(function (name) {
            if (!TRACKING.test(name)) {
                (parameters[name].multiValue || [parameters[name]]).forEach(function (each) {
                    pairs.push(again(name) + "=" + again(each.value));
                });
            }
        });
    } catch (error) {
        return "";
    }
    return pairs.length ? "%3F" + pairs.sort().join("&") : "";
}

function again(text) {
    return encodeURIComponent(decodeURIComponent(text.replace(/\+/g, " ")));
}

function redirect(status, description, location) {
    return {
        statusCode: status,
        statusDescription: description,
        headers: {
            // One slash only: `//host` in a Location would send the reader to another site.
            "location": { "value": location.replace(/^[\/\\]+/, "/") },
            "cache-control": { "value": "public, max-age=300" }
        }
    };
}

// Viewer request: a directory's address becomes the key under which its page is stored, and a day that a reader has
// asked a list for becomes the address of that day in its month.
// Plain ECMAScript 5.1, which CloudFront Functions' runtime 2.0 and the local edge both run.

function handler(event) {
    var request = event.request;
    var uri = request.uri;
    if (uri.charAt(uri.length - 1) === "/") {
        var day = request.querystring.day;
        var parts = day && /^(\d{4})-(\d{2})-(\d{2})$/.exec(day.value);
        if (parts) {
            return redirect(302, "Found", uri + parts[1] + "/" + parts[2] + "/#d" + parts[3]);
        }
        request.uri = uri + "index.html";
        return request;
    }
    var last = uri.slice(uri.lastIndexOf("/") + 1);
    if (last.indexOf(".") === -1) {
        return redirect(301, "Moved Permanently", uri + "/");
    }
    return request;
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

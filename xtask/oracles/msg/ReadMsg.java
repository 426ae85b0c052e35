// Reads message files with Apache POI and prints what it found, one JSON object a line: properties by tag
// (of named ones the type alone, since files number names as they like), recipients, attachments,
// embedded messages. Fixed values stand apart ("fixed"): POI 4 stops reading them at the first property whose
// type it does not expect, so which ones it finds depends on their order in the file; named ones of them
// are left out.
//
// Usage: java -cp CLASSES:POI-JARS ReadMsg < list of files

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.poi.hsmf.MAPIMessage;
import org.apache.poi.hsmf.datatypes.AttachmentChunks;
import org.apache.poi.hsmf.datatypes.ByteChunk;
import org.apache.poi.hsmf.datatypes.Chunk;
import org.apache.poi.hsmf.datatypes.ChunkGroup;
import org.apache.poi.hsmf.datatypes.ChunkGroupWithProperties;
import org.apache.poi.hsmf.datatypes.MAPIProperty;
import org.apache.poi.hsmf.datatypes.PropertyValue;
import org.apache.poi.hsmf.datatypes.RecipientChunks;
import org.apache.poi.hsmf.datatypes.StringChunk;

public class ReadMsg {
    public static void main(String[] arguments) throws Exception {
        BufferedReader list = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String path = list.readLine(); path != null; path = list.readLine()) {
            StringBuilder out = new StringBuilder("{\"file\":").append(text(new File(path).getName()));
            try (MAPIMessage message = new MAPIMessage(path)) {
                message.setReturnNullOnMissingChunk(true);
                message.guess7BitEncoding();
                String whole = whole(message);
                List<String> data = new ArrayList<>();
                for (AttachmentChunks one : message.getAttachmentFiles()) {
                    if (one.getAttachData() != null) {
                        data.add(text(digest(one.getAttachData().getValue())));
                    }
                }
                boolean body = filled(message.getTextBody()) || message.getMainChunks().getAll().containsKey(
                    MAPIProperty.RTF_COMPRESSED) || filled(message.getHtmlBody());
                out.append(",\"subject\":").append(text(message.getSubject()));
                out.append(",\"recipients\":").append(message.getRecipientDetailsChunks().length);
                out.append(",\"attachments\":").append(data);
                out.append(",\"body\":").append(body).append(",\"all\":").append(whole);
            } catch (Throwable fault) {
                String said = fault.getClass().getSimpleName() + ": " + fault.getMessage();
                out.append(",\"error\":").append(text(said.length() > 120 ? said.substring(0, 120) : said));
            }
            System.out.println(out.append("}"));
        }
    }

    private static boolean filled(String text) {
        return text != null && !text.isEmpty();
    }

    private static String whole(MAPIMessage message) throws Exception {
        StringBuilder out = new StringBuilder("{\"properties\":").append(properties(message.getMainChunks()));
        List<String> rows = new ArrayList<>();
        for (RecipientChunks row : message.getRecipientDetailsChunks()) {
            rows.add("{\"name\":" + text(row.getRecipientName()) + ",\"email\":" + text(row.getRecipientEmailAddress())
                + ",\"properties\":" + properties(row) + "}");
        }
        List<String> attachments = new ArrayList<>();
        for (AttachmentChunks one : message.getAttachmentFiles()) {
            String inner = one.isEmbeddedMessage() ? whole(one.getEmbeddedMessage()) : "null";
            attachments.add("{\"properties\":" + properties(one) + ",\"message\":" + inner + "}");
        }
        return out.append(",\"recipients\":").append(rows).append(",\"attachments\":").append(attachments)
            .append("}").toString();
    }

    private static String properties(ChunkGroup group) throws Exception {
        Map<String, List<String>> fixed = new TreeMap<>();
        if (group instanceof ChunkGroupWithProperties) {
            fixed((ChunkGroupWithProperties) group, fixed);
        }
        Map<String, List<String>> found = new TreeMap<>();
        for (Chunk chunk : group.getChunks()) {
            String kind = chunk.getType() == null ? "?" : chunk.getType().getName();
            if (chunk instanceof StringChunk) {
                String value = ((StringChunk) chunk).getValue().replaceAll("\0+$", "");
                if (!value.isEmpty()) {
                    add(found, chunk.getChunkId(), kind, digest(value.getBytes(StandardCharsets.UTF_8)));
                }
            } else if (chunk instanceof ByteChunk && ((ByteChunk) chunk).getValue() != null) {
                add(found, chunk.getChunkId(), kind, digest(((ByteChunk) chunk).getValue()));
            }
        }
        return "{\"fixed\":" + sorted(fixed) + ",\"streams\":" + sorted(found) + "}";
    }

    private static String sorted(Map<String, List<String>> found) {
        List<String> all = new ArrayList<>();
        for (Map.Entry<String, List<String>> entry : found.entrySet()) {
            Collections.sort(entry.getValue());
            all.add(text(entry.getKey()) + ":" + entry.getValue());
        }
        return "{" + String.join(",", all) + "}";
    }

    private static void fixed(ChunkGroupWithProperties group, Map<String, List<String>> found) {
        for (Map.Entry<MAPIProperty, List<PropertyValue>> entry : group.getProperties().entrySet()) {
            if (entry.getKey().id >= 0x8000) {
                continue;
            }
            for (PropertyValue value : entry.getValue()) {
                String kind = value.getActualType() == null ? "?" : value.getActualType().getName();
                if (value.getClass() != PropertyValue.class && !kind.isEmpty() && value.getValue() != null
                    && !(value.getValue() instanceof Chunk) && !(value.getValue() instanceof byte[])) {
                    Object held = value.getValue();
                    add(found, entry.getKey().id, kind, held instanceof java.util.Calendar
                        ? Long.toString(((java.util.Calendar) held).getTimeInMillis()) : held.toString());
                }
            }
        }
    }

    private static void add(Map<String, List<String>> found, int id, String kind, String value) {
        String key = (id >= 0x8000 ? "named" : String.format("%04X", id)) + " " + kind;
        found.computeIfAbsent(key, unused -> new ArrayList<>()).add(text(value));
    }

    private static String digest(byte[] bytes) throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-1").digest(bytes);
        StringBuilder hex = new StringBuilder();
        for (byte one : Arrays.copyOf(hash, 8)) {
            hex.append(String.format("%02x", one));
        }
        return hex.toString();
    }

    private static String text(String value) {
        if (value == null) {
            return "null";
        }
        StringBuilder out = new StringBuilder("\"");
        for (char c : value.toCharArray()) {
            if (c < 0x20 || c > 0x7E || c == '"' || c == '\\') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
